use recover_runtime::recoverable;

pub enum Mode {
    Fast,
    Slow,
}

#[recoverable]
pub fn set(mode: Mode) -> bool { //~ ERROR `Mode` can't be an argument of an export //~ NOTE put `#[recoverable]` on the struct or enum
    matches!(mode, Mode::Fast)
}

#[recoverable]
pub fn mode() -> Mode { //~ ERROR `Mode` can't be returned to JavaScript //~ NOTE put `#[recoverable]` on the struct or enum
    Mode::Slow
}

fn main() {}
