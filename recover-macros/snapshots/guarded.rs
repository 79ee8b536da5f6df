#[inline(never)]
fn walk<'a, T>(list: &'a [T]) -> Option<&'a T> {
    #![allow(clippy::all)]
    let slot = ::recover_runtime::__private::StackSlot::new();
    let _guard = slot.enter(500);
    { list.first() }
}
