//! `prompt`: whether pages may or must be shown. OIDC Core §3.1.2.1.

/// A value of `prompt` that this provider acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Show no page: answer from the session, or with `login_required`.
    None,
    /// Have the person prove again who they are, whatever the session says.
    Login,
}

/// The values of `prompt` that came and are acted on. `consent` and `select_account` are passed over: no consent is
/// asked here, and the identity provider offers the choice of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompts(Vec<Prompt>);

/// `none` beside another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("prompt has 'none' beside another value; 'none' stands alone")]
pub struct PromptError;

impl Prompts {
    /// Reads a space-separated list.
    ///
    /// # Errors
    /// [`PromptError`] when `none` does not stand alone.
    pub fn parse(text: &str) -> Result<Self, PromptError> {
        let mut values = text.split(' ').filter(|value| !value.is_empty());
        if text.split(' ').any(|value| value == "none") {
            return match (values.next(), values.next()) {
                (Some("none"), None) => Ok(Self(vec![Prompt::None])),
                _ => Err(PromptError),
            };
        }
        Ok(Self(if values.any(|value| value == "login") { vec![Prompt::Login] } else { Vec::new() }))
    }

    /// Whether `prompt` came.
    pub fn contains(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }
}
