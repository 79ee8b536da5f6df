//! A future polled under `catch_unwind` that panics in both arms: enough nesting
//! for the exnref backend to write a module that doesn't validate under fat LTO.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    safe fn condition(value: u32) -> u32;
}

struct Body(Box<dyn Fn() -> u32>);

impl Future for Body {
    type Output = u32;

    #[inline(never)]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        Poll::Ready((self.0)())
    }
}

struct Caught<F>(F);

impl<F: Future + Unpin> Future for Caught<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = Pin::new(&mut self.0);
        catch_unwind(AssertUnwindSafe(|| inner.poll(context)))?.map(Ok)
    }
}

async fn drive(body: Body) {
    match Caught(body).await {
        Ok(value) => {
            if condition(value) == 0 {
                panic!()
            }
        }
        Err(_) => {
            if condition(9) == 0 {
                panic!()
            }
        }
    }
}

/// Polls once; 7 panics inside.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn call(value: u32) -> u32 {
    let body = Body(Box::new(move || {
        if value == 7 {
            panic!()
        }
        value
    }));
    let mut task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(drive(body));
    u32::from(
        task.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready(),
    )
}
