//! What the lab's objects do, in plain Rust: the faults are in here, so that the twins
//! `ours` and `plain` differ in their attributes alone. Nothing here guards against a
//! fault, and nothing knows JavaScript.

pub mod faults;

use serde::{Deserialize, Serialize};
use std::fmt;

/// An account book.
#[derive(Serialize, Deserialize)]
pub struct Ledger {
    entries: Vec<i32>,
    balance: i32,
}

/// The balance does not cover it.
#[derive(Debug)]
pub struct Uncovered {
    /// What there is.
    pub balance: i32,
    /// What was asked for.
    pub amount: i32,
}

impl fmt::Display for Uncovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { balance, amount } = self;
        write!(f, "{amount} asked for, {balance} there")
    }
}

impl std::error::Error for Uncovered {}

impl Ledger {
    /// A book that begins with `balance`.
    pub fn new(balance: i32) -> Self {
        Self {
            entries: vec![balance],
            balance,
        }
    }

    /// One entry; the answer is the balance.
    pub fn post(&mut self, amount: i32) -> i32 {
        self.balance += amount;
        self.entries.push(amount);
        self.balance
    }

    /// Takes out what there is.
    pub fn withdraw(&mut self, amount: i32) -> Result<i32, Uncovered> {
        let balance = self.balance;
        if amount > balance {
            return Err(Uncovered { balance, amount });
        }
        Ok(self.post(-amount))
    }

    /// Several entries. The fault: the check comes after the change.
    pub fn post_all(&mut self, amounts: &[i32]) -> i32 {
        for amount in amounts {
            self.balance += amount;
            assert!(*amount != 0, "entry {} is of nothing", self.entries.len());
            self.entries.push(*amount);
        }
        self.balance
    }

    /// Changes, and goes where there is no way back.
    pub fn post_and_abort(&mut self, amount: i32) {
        self.post(amount);
        faults::abort();
    }

    /// The sum.
    pub fn balance(&self) -> i32 {
        self.balance
    }

    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }
}

/// Things to buy.
#[derive(Default)]
pub struct Basket {
    items: Vec<String>,
}

/// What there is to buy.
const GOODS: [(&str, u32); 4] = [("pear", 2), ("fig", 5), ("plum", 1), ("quince", 4)];

impl Basket {
    /// Takes one; the answer is how many there are.
    pub fn add(&mut self, item: String) -> usize {
        self.items.push(item);
        self.items.len()
    }

    /// Takes several. The fault: a thing without a price is found too late.
    pub fn add_all(&mut self, items: Vec<String>) -> u32 {
        let mut price = 0;
        for item in items {
            self.items.push(item);
            let item = &self.items[self.items.len() - 1];
            price += GOODS.iter().find(|(name, _)| name == item).unwrap().1;
        }
        price
    }

    /// What is in it.
    pub fn items(&self) -> String {
        self.items.join(", ")
    }
}

/// Something to write on, which nobody keeps.
#[derive(Default)]
pub struct Pad {
    strokes: u32,
}

impl Pad {
    /// One stroke; the answer is how many there are.
    pub fn stroke(&mut self) -> u32 {
        self.strokes += 1;
        self.strokes
    }

    /// How many there are.
    pub fn strokes(&self) -> u32 {
        self.strokes
    }
}

/// Something that takes its time.
#[derive(Default, Serialize, Deserialize)]
pub struct Download {
    done: u32,
    under_way: bool,
}

impl Download {
    /// Before a wait.
    pub fn begin(&mut self) {
        self.under_way = true;
    }

    /// After it. The fault: it trusts the answer.
    pub fn end(&mut self, parts: u32) -> u32 {
        let share = 100_u32.checked_div(parts).expect("an answer of no parts");
        self.under_way = false;
        self.done += share;
        self.done
    }

    /// How far it is, and whether half way through a step.
    pub fn state(&self) -> String {
        let more = if self.under_way { ", in a step" } else { "" };
        format!("{} %{more}", self.done)
    }
}

/// Something whose destructor fails.
pub struct Fuse;

impl Drop for Fuse {
    fn drop(&mut self) {
        panic!("the fuse blew");
    }
}
