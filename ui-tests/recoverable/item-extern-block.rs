use recover_runtime::recoverable;

#[recoverable]
unsafe extern "C" {
    fn alert(text: &str);
}

fn main() {}
