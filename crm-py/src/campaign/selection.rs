//! Whom a campaign contacts.

use crm_core::Result;
use crm_core::campaign::{
    ContactLog, Holdout, RankOrder, Rule, Selected as CoreSelected, Selection as Core, TieBreak,
};
use crm_core::customer::Day;
use crm_core::interop::{days, id_array};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::target_table::{TargetTable, ids};
use crate::column::Column;
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// What a limit on contacts, and a window of days, may be.
const WHOLE: &str = "between 1 and 4294967295";

/// A plan of whom to contact.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Selection(Core);

impl Selection {
    fn next(&self, py: Python<'_>, step: impl FnOnce(Core) -> Result<Core>) -> PyResult<Self> {
        step(self.0.clone()).or_raise(py).map(Self)
    }
}

#[pymethods]
impl Selection {
    #[new]
    fn new() -> Self {
        Self(Core::new())
    }

    fn rule(&self, py: Python<'_>, name: &str, rule: &str) -> PyResult<Self> {
        self.next(py, |plan| plan.rule(name, Rule::from_json(rule)?))
    }

    fn opted_in(&self, py: Python<'_>, name: &str, column: &str) -> PyResult<Self> {
        self.next(py, |plan| plan.opted_in(name, column))
    }

    fn not_opted_out(&self, py: Python<'_>, name: &str, column: &str) -> PyResult<Self> {
        self.next(py, |plan| plan.not_opted_out(name, column))
    }

    fn do_not_contact(&self, py: Python<'_>, name: &str, customers: &Column) -> PyResult<Self> {
        let customers = ids(py, name, customers)?;
        self.next(py, |plan| plan.do_not_contact(name, customers))
    }

    fn not_in_campaign(&self, py: Python<'_>, name: &str, customers: &Column) -> PyResult<Self> {
        let customers = ids(py, name, customers)?;
        self.next(py, |plan| plan.not_in_campaign(name, customers))
    }

    #[allow(clippy::too_many_arguments)] // One for each option.
    fn contacts_at_most(
        &self,
        py: Python<'_>,
        name: &str,
        customers: &Column,
        contacted: &Column,
        as_of: &str,
        at_most: Integer,
        within_days: Integer,
    ) -> PyResult<Self> {
        let customers = ids(py, "customer_id", customers)?;
        let arrays = contacted.arrays(py)?;
        self.next(py, |plan| {
            let log = ContactLog::of(customers, days("day", &arrays)?)?;
            let as_of = Day::parse(as_of).map_err(|error| error.on("as_of"))?;
            let at_most = within("at_most", at_most, WHOLE)?;
            plan.contacts_at_most(name, log, as_of, at_most, within("within_days", within_days, WHOLE)?)
        })
    }

    fn without(&self, py: Python<'_>, name: &str, salt: &str, share: f64) -> PyResult<Self> {
        self.next(py, |plan| plan.without(name, Holdout::new(salt, share)?))
    }

    fn rank_by(&self, py: Python<'_>, column: &str, order: &str) -> PyResult<Self> {
        self.next(py, |plan| {
            plan.rank_by(column, RankOrder::from_name(order).map_err(|error| error.on("order"))?)
        })
    }

    fn ties_by_hash(&self, py: Python<'_>, salt: String) -> PyResult<Self> {
        self.next(py, |plan| plan.ties(TieBreak::Hash(salt)))
    }

    fn quota(&self, py: Python<'_>, customers: Integer) -> PyResult<Self> {
        self.next(py, |plan| plan.quota(within("quota", customers, "at least 0")?))
    }

    #[pyo3(signature = (column, quotas, others))]
    fn segment_quotas(
        &self,
        py: Python<'_>,
        column: &str,
        quotas: Vec<(String, Integer)>,
        others: Option<Integer>,
    ) -> PyResult<Self> {
        self.next(py, |plan| {
            let limit = |customers: &Integer| within("segment_quotas", customers, "at least 0");
            let others = others.as_ref().map(limit).transpose()?;
            let quotas = quotas.iter().map(|(name, customers)| Ok((name.as_str(), limit(customers)?)));
            plan.segment_quotas(column, &quotas.collect::<Result<Vec<_>>>()?, others)
        })
    }

    fn select(&self, py: Python<'_>, table: &TargetTable) -> PyResult<Selected> {
        py.detach(|| self.0.select(&table.0)).or_raise(py).map(Selected)
    }
}

/// Who was selected, and why the others were not.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Selected(CoreSelected);

#[pymethods]
impl Selected {
    fn customers(&self) -> u64 {
        self.0.customers()
    }

    fn selected(&self) -> u64 {
        self.0.selected()
    }

    fn rows<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.rows())
    }

    fn first_reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.first_reasons())
    }

    fn reason_bits<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.reason_bits())
    }

    /// A row for each customer of the table that was selected from.
    fn table(&self, py: Python<'_>, table: &TargetTable) -> PyResult<Table> {
        let rows = self.0.first_reasons().len();
        let mut ranks = vec![None; rows];
        for (rank, &row) in self.0.rows().iter().enumerate() {
            ranks[row as usize] = Some(rank as f64);
        }
        let reason = |row| self.0.reason(row);
        Columns::new()
            .integers("row", 0..rows)
            .array("customer_id", id_array(table.0.ids()))
            .truths("selected", self.0.first_reasons().iter().map(|&reason| reason < 0))
            .optional_floats("rank", ranks)
            .optional_texts("reason", (0..rows).map(|row| reason(row).map(|reason| &reason.name)))
            .optional_texts("kind", (0..rows).map(|row| reason(row).map(|reason| reason.kind.name())))
            .finish(py)
    }

    fn reasons(&self, py: Python<'_>) -> PyResult<Table> {
        let reasons = || self.0.reasons().iter();
        Columns::new()
            .texts("name", reasons().map(|reason| &reason.name))
            .texts("kind", reasons().map(|reason| reason.kind.name()))
            .integers("first", reasons().map(|reason| reason.first))
            .integers("any", reasons().map(|reason| reason.any))
            .finish(py)
    }
}
