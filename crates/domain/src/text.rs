//! How the types of the SAML crate stand in stored settings: as the string that they are, checked again when read.

/// Serialises a type with `as_str` and a checking constructor as a string. Used as `#[serde(with = "…")]`.
macro_rules! as_text {
    ($($(#[$doc:meta])* $module:ident: $kind:ty = $read:expr;)*) => {$(
        $(#[$doc])*
        pub mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de};

            /// Writes the string.
            ///
            /// # Errors
            /// Those of the serializer.
            pub fn serialize<S: Serializer>(value: &$kind, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(value.as_str())
            }

            /// Reads the string and checks it.
            ///
            /// # Errors
            /// What the type's constructor refuses.
            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$kind, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: fn(String) -> Result<$kind, String> = $read;
                read(text).map_err(de::Error::custom)
            }

            /// The same for a value that may be absent.
            pub mod optional {
                use super::*;

                /// Writes the string, or null.
                ///
                /// # Errors
                /// Those of the serializer.
                pub fn serialize<S: Serializer>(value: &Option<$kind>, serializer: S) -> Result<S::Ok, S::Error> {
                    match value {
                        Some(value) => serializer.serialize_some(value.as_str()),
                        None => serializer.serialize_none(),
                    }
                }

                /// Reads the string and checks it, or null.
                ///
                /// # Errors
                /// What the type's constructor refuses.
                pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<$kind>, D::Error> {
                    let read: fn(String) -> Result<$kind, String> = $read;
                    Option::<String>::deserialize(deserializer)?.map(read).transpose().map_err(de::Error::custom)
                }
            }

            /// The same for several.
            pub mod list {
                use super::*;

                /// Writes the strings.
                ///
                /// # Errors
                /// Those of the serializer.
                pub fn serialize<S: Serializer>(values: &[$kind], serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_seq(values.iter().map(|value| value.as_str()))
                }

                /// Reads the strings and checks each.
                ///
                /// # Errors
                /// What the type's constructor refuses.
                pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<$kind>, D::Error> {
                    let read: fn(String) -> Result<$kind, String> = $read;
                    Vec::<String>::deserialize(deserializer)?.into_iter().map(read).collect::<Result<_, _>>().map_err(de::Error::custom)
                }
            }
        }
    )*};
}

as_text! {
    /// [`EntityId`](vestibule_saml::types::EntityId).
    entity_id: vestibule_saml::types::EntityId = |text| vestibule_saml::types::EntityId::new(text).map_err(|e| e.to_string());
    /// [`AcsUrl`](vestibule_saml::types::AcsUrl).
    acs_url: vestibule_saml::types::AcsUrl = |text| crate::setting::acs_url(&text);
    /// [`EndpointUrl`](vestibule_saml::types::EndpointUrl). Whether loopback http may stand was decided when it was saved.
    endpoint: vestibule_saml::types::EndpointUrl = |text| {
        use vestibule_saml::types::{EndpointUrl, LoopbackHttp};
        EndpointUrl::new(text, LoopbackHttp::Allow).map_err(|e| e.to_string())
    };
    /// [`NameIdFormat`](vestibule_saml::types::NameIdFormat).
    name_id_format: vestibule_saml::types::NameIdFormat = |text| Ok(vestibule_saml::types::NameIdFormat::from_uri(&text));
    /// [`AuthnContextClassRef`](vestibule_saml::types::AuthnContextClassRef).
    authn_context: vestibule_saml::types::AuthnContextClassRef = |text| Ok(vestibule_saml::types::AuthnContextClassRef::from_uri(&text));
}
