//! `prompt`: whether pages may or must be shown. OIDC Core §3.1.2.1.

/// A value of `prompt` that this provider acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Show no page: answer from the session, or with `login_required`.
    None,
    /// Have the person prove again who they are, whatever the session says.
    Login,
    /// Have the person choose how and as whom they come in, whatever the session and the device remember.
    SelectAccount,
}

/// The values of `prompt` that are understood. `consent` is, and has no effect: whoever registered the application
/// consented for the people of the deployment, and nobody is asked.
pub(crate) const SUPPORTED: [&str; 4] = ["none", "login", "select_account", "consent"];

/// The values of `prompt` that came and are acted on. Values that nobody here knows are passed over, which OIDC Core
/// §3.1.2.1 allows and recommends, so that new ones can be introduced.
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
        let values = || text.split(' ').filter(|value| !value.is_empty());
        if values().any(|value| value == "none") {
            return if values().count() == 1 { Ok(Self(vec![Prompt::None])) } else { Err(PromptError) };
        }
        let came = |name: &str| values().any(|value| value == name);
        let acted_on = [("login", Prompt::Login), ("select_account", Prompt::SelectAccount)];
        Ok(Self(acted_on.into_iter().filter(|(name, _)| came(name)).map(|(_, prompt)| prompt).collect()))
    }

    /// Whether `prompt` came.
    pub fn contains(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }
}
