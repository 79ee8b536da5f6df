use recover_worker::recoverable;

#[recoverable(on_panic = "keep")]
#[durable_object]
pub struct Room {
    kept: u32,
}

impl Room {
    pub fn kept(&self) -> u32 {
        self.kept
    }
}

fn main() {}
