use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    fn read() -> Result<u32, recover_runtime::JsValue>;
}

fn main() {}
