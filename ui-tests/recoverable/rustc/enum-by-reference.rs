use recover_runtime::recoverable;

#[recoverable]
#[derive(Clone, Copy)]
pub enum Mode {
    Fast,
    Slow,
}

#[recoverable]
pub fn look(mode: &Mode) -> bool { //~ ERROR `Mode` can't be an argument of an export //~ NOTE an enum is taken by value
    matches!(mode, Mode::Fast)
}

#[recoverable]
pub fn change(mode: &mut Mode) { //~ ERROR `Mode` can't be an argument of an export //~ NOTE an enum is taken by value
    *mode = Mode::Slow;
}

fn main() {}
