//! A terminal on the crate `vte`, a state machine that may stop between any two bytes, and that serde does not know:
//! one is poisoned, one kept as a call that failed left it. Bells and titles go to JavaScript from the midst of the
//! parser, so that what is thrown there passes through it.

use recover_runtime::{JsErrorClass, JsValue, recoverable};
use std::fmt::Write;
use vte::{Params, Parser, Perform};

#[recoverable(module = "/host.js")]
extern "C" {
    /// Rings.
    fn ring();
    /// Shows a title.
    fn entitle(title: &str);
    /// What the other end of the line sends in its turn; nothing if it has hung up.
    async fn receive(turn: u32) -> JsValue;
}

/// What is refused.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum TerminalError {
    /// What the other end sent is not text.
    #[error("what was received is no text")]
    NoText,
}

/// What was done so far: the tokens of the parser.
#[derive(Default)]
struct Screen {
    done: String,
}

impl Screen {
    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a string fails only as allocation does.
        let _ = self.done.write_fmt(what);
    }
}

impl Perform for Screen {
    fn print(&mut self, c: char) {
        self.done.push(c);
    }

    fn execute(&mut self, byte: u8) {
        if byte == 7 {
            ring();
        }
        self.note(format_args!("<{byte:02x}>"));
    }

    fn hook(&mut self, params: &Params, _: &[u8], _: bool, action: char) {
        let params: Vec<_> = params.iter().collect();
        self.note(format_args!("<dcs {params:?} {action}>"));
    }

    fn put(&mut self, byte: u8) {
        self.note(format_args!("<put {byte:02x}>"));
    }

    fn unhook(&mut self) {
        self.note(format_args!("<end>"));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        if let [b"0", title, ..] = params {
            entitle(&String::from_utf8_lossy(title));
        }
        self.note(format_args!("<osc {params:?}>"));
    }

    fn csi_dispatch(&mut self, params: &Params, _: &[u8], ignore: bool, action: char) {
        let params: Vec<_> = params.iter().collect();
        self.note(format_args!("<csi {params:?} {ignore} {action}>"));
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        self.note(format_args!("<esc {byte:02x}>"));
    }
}

macro_rules! terminals {
    ($($(#[$attribute:meta])* $class:ident;)*) => {$(
        $(#[$attribute])*
        #[derive(Default)]
        pub struct $class {
            parser: Parser,
            screen: Screen,
        }

        #[recoverable]
        impl $class {
            /// One on which nothing was written.
            #[recoverable(constructor)]
            pub fn new() -> Self {
                Self::default()
            }

            /// Parses some bytes, which may end anywhere.
            pub fn write(&mut self, bytes: &[u8]) -> u32 {
                self.parser.advance(&mut self.screen, bytes);
                self.screen.done.len() as u32
            }

            /// Parses what the other end of the line sends, until it hangs up.
            #[recoverable(cancellable, concurrency = "queue")]
            pub async fn follow(&mut self) -> Result<(), TerminalError> {
                let mut turn = 0;
                loop {
                    let received = receive(turn).await;
                    turn += 1;
                    if received.is_undefined() {
                        return Ok(());
                    }
                    let text = received.as_string().ok_or(TerminalError::NoText)?;
                    self.parser.advance(&mut self.screen, text.as_bytes());
                }
            }

            /// What was done so far.
            #[recoverable(getter)]
            pub fn done(&self) -> String {
                self.screen.done.clone()
            }

            /// Cancels what is half parsed, as a terminal does; what is written next is shown as it is.
            pub fn resync(&mut self) -> bool {
                self.parser.advance(&mut self.screen, b"\x18ok");
                self.screen.done.ends_with("ok")
            }
        }
    )*};
}

terminals! {
    /// A panic poisons it.
    #[recoverable(on_panic = "poison")]
    Terminal;
    /// What a call that failed made of it stays.
    #[recoverable(on_panic = "keep")]
    KeptTerminal;
}
