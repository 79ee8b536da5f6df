;; A component that does as the host tells it: what no honest one does twice.
;;
;; The host answers what comes next: 0 it goes on, 1 an error of the program's own, 2 a trap, 3 it works for ever,
;; 4 a panic that leaves the state as it is, 5 the stack of the engine runs out, 6 a frame below address zero, 7 an access
;; behind the memory, 8 memory is asked for that is not there, 9 the same, and then a trap.
(module
  (import "recover:odd/host" "ask" (func $ask (param i32) (result i32)))
  (import "[export]recover:odd/odds" "[resource-new]odd" (func $new (param i32) (result i32)))
  (import "[export]recover:odd/odds" "[resource-rep]odd" (func $rep (param i32) (result i32)))
  (import "[export]recover:odd/odds" "[resource-drop]odd" (func $drop (param i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 8192))

  (func $act (param $what i32) (result i32)
    (local $how i32)
    (local.set $how (call $ask (local.get $what)))
    (if (i32.eq (local.get $how) (i32.const 2)) (then unreachable))
    (if (i32.eq (local.get $how) (i32.const 3)) (then (loop $ever (br $ever))))
    (if (i32.ge_u (local.get $how) (i32.const 8))
      (then
        (drop (memory.grow (i32.const 2000)))
        (if (i32.eq (local.get $how) (i32.const 9)) (then unreachable))
        (return (i32.const 0))))
    (if (i32.eq (local.get $how) (i32.const 5)) (then (drop (call $dig))))
    (if (i32.eq (local.get $how) (i32.const 6)) (then (i32.store (i32.const -64) (i32.const 1))))
    (if (i32.eq (local.get $how) (i32.const 7)) (then (i32.store (i32.const 1000000) (i32.const 1))))
    (local.get $how))

  (func $dig (result i32) (i32.add (call $dig) (i32.const 1)))

  ;; A `result<_, failure>` whose value is one word. The failure is empty but for its kind.
  (func $end (param $what i32) (param $value i32) (result i32)
    (local $how i32)
    (local.set $how (call $act (local.get $what)))
    (i32.store (i32.const 1024) (i32.ne (local.get $how) (i32.const 0)))
    (i32.store (i32.const 1028) (local.get $value))
    (i32.store (i32.const 1032) (i32.const 0))
    (if (i32.ne (local.get $how) (i32.const 0)) (then (i32.store (i32.const 1028) (i32.const 0))))
    (if (i32.eq (local.get $how) (i32.const 1)) (then (i32.store (i32.const 1028) (i32.const 9))))
    (i32.const 1024))

  (func $make (result i32)
    (global.set $next (i32.add (global.get $next) (i32.const 4)))
    (global.get $next))

  (func $step (param $of i32) (param $by i32) (result i32)
    (i32.store (local.get $of) (i32.add (i32.load (local.get $of)) (local.get $by)))
    (call $end (i32.const 1) (i32.load (local.get $of))))

  (func (export "_initialize") (drop (call $act (i32.const 4))))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))

  (func (export "recover:odd/odds#[constructor]odd") (result i32) (call $new (call $make)))
  (func (export "recover:odd/odds#[method]odd.step") (param i32) (result i32)
    (call $step (local.get 0) (i32.const 1)))
  (func (export "recover:odd/odds#[method]odd.join") (param i32 i32) (result i32)
    (i32.store (local.get 1) (i32.add (i32.load (local.get 1)) (i32.const 10)))
    (call $step (local.get 0) (i32.load (local.get 1))))
  (func (export "recover:odd/odds#[method]odd.take") (param i32 i32) (result i32)
    (local $by i32)
    (local.set $by (i32.load (call $rep (local.get 1))))
    (call $drop (local.get 1))
    (call $step (local.get 0) (local.get $by)))
  (func (export "recover:odd/odds#[method]odd.save") (param i32) (result i32)
    (drop (call $end (i32.const 2) (local.get 0)))
    (if (i32.eqz (i32.load (i32.const 1024))) (then (i32.store (i32.const 1032) (i32.const 4))))
    (i32.const 1024))
  (func (export "recover:odd/odds#[static]odd.restore") (param i32 i32) (result i32)
    (local $of i32)
    (local.set $of (call $make))
    (i32.store (local.get $of) (i32.load (local.get 0)))
    (call $end (i32.const 5) (call $new (local.get $of))))
  (func (export "recover:odd/odds#[dtor]odd") (param i32) (drop (call $act (i32.const 3)))))
