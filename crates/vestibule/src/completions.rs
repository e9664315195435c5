//! `vestibule completions SHELL`: what a shell needs to complete commands and options.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output::Output;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
bash: vestibule completions bash > /etc/bash_completion.d/vestibule
zsh:  vestibule completions zsh > \"${fpath[1]}/_vestibule\"
fish: vestibule completions fish > ~/.config/fish/completions/vestibule.fish")]
pub(crate) struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &CompletionsArgs) -> Output {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "vestibule", &mut script);
    Output { stdout: String::from_utf8_lossy(&script).into_owned(), ..Output::status(0) }
}
