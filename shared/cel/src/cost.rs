//! What an evaluation may cost: no expression takes longer, or more memory, than was granted.

use crate::Fault;

/// What one expression may cost, as Kubernetes has it.
pub const PER_EXPRESSION: u64 = 1_000_000;

/// What several expressions may cost together.
#[derive(Debug, Clone)]
pub struct Budget {
    left: u64,
}

impl Budget {
    /// So many steps.
    pub fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// Steps that are left.
    pub fn left(&self) -> u64 {
        self.left
    }
}

/// What one evaluation has cost.
pub(crate) struct Cost<'b> {
    budget: &'b mut Budget,
    spent: u64,
}

impl<'b> Cost<'b> {
    pub(crate) fn of(budget: &'b mut Budget) -> Self {
        Self { budget, spent: 0 }
    }

    /// Takes steps from what may be spent.
    pub(crate) fn take(&mut self, steps: u64) -> Result<(), Fault> {
        self.spent = self.spent.saturating_add(steps);
        if self.spent > PER_EXPRESSION {
            return Err(Fault::TooCostly);
        }
        let left = self.budget.left.checked_sub(steps);
        self.budget.left = left.unwrap_or(0);
        left.map(drop).ok_or(Fault::OverBudget)
    }

    /// Lets an expression of its own be paid from the same purse.
    pub(crate) fn lend<T>(&mut self, run: impl FnOnce(&mut Budget) -> T) -> T {
        run(self.budget)
    }

    /// Takes what going over so many bytes or items costs.
    pub(crate) fn walk(&mut self, length: usize) -> Result<(), Fault> {
        self.take((length as u64).div_ceil(10))
    }
}
