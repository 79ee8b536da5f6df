use recover_runtime::recoverable;

pub struct Component;

#[recoverable(js_class = "Component")]
impl Guest for Component {
    #[recoverable(on_panic = "keep")]
    fn parse(&self, text: String) -> usize {
        text.len()
    }
}

fn main() {}
