//! Runs of equal values of a sorted column, and groups of ties between two columns.

/// The values of a sorted column, each with how many values lie before its run; at the end of `before` are all.
pub(super) struct Runs {
    pub(super) values: Vec<f64>,
    pub(super) before: Vec<u64>,
}

impl Runs {
    pub(super) fn new(column: &[f64]) -> Self {
        let mut runs = Self { values: Vec::new(), before: Vec::new() };
        for (row, &value) in column.iter().enumerate() {
            if runs.values.last() != Some(&value) {
                runs.values.push(value);
                runs.before.push(row as u64);
            }
        }
        runs.before.push(column.len() as u64);
        runs
    }

    fn sizes(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.values.iter().copied().zip(self.before.windows(2).map(|ends| ends[1] - ends[0]))
    }
}

/// The runs of two and more values.
pub(super) fn repeated(column: &[f64]) -> Vec<(f64, u64)> {
    let (mut runs, mut row) = (Vec::new(), 1);
    while row < column.len() {
        if column[row] == column[row - 1] {
            let value = column[row];
            let more = column[row..].iter().take_while(|&&other| other == value).count();
            runs.push((value, 1 + more as u64));
            row += more;
        }
        row += 1;
    }
    runs
}

/// The groups of equal values among the target less `shift` and the control together, lowest first.
pub(super) fn groups(target: &Runs, control: &Runs, shift: f64) -> Vec<u64> {
    merged(target.sizes(), control.sizes(), shift)
}

/// As [`groups`], of any runs: a target joins the controls that are as high.
pub(super) fn merged(
    target: impl Iterator<Item = (f64, u64)>,
    control: impl Iterator<Item = (f64, u64)>,
    shift: f64,
) -> Vec<u64> {
    let mut groups = Vec::new();
    let mut control = control.peekable();
    for (value, mut size) in target {
        while let Some((_, lower)) = control.next_if(|&(other, _)| value - other > shift) {
            groups.push(lower);
        }
        while let Some((_, equal)) = control.next_if(|&(other, _)| value - other == shift) {
            size += equal;
        }
        groups.push(size);
    }
    groups.extend(control.map(|(_, size)| size));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_within_and_between_columns() {
        let (target, control) = ([1.0, 1.0, 2.0, 5.0, 5.0, 5.0], [0.0, 1.0, 3.0, 3.0]);
        let runs = (Runs::new(&target), Runs::new(&control));
        assert_eq!(groups(&runs.0, &runs.1, 0.0), [1, 3, 1, 2, 3]);
        assert_eq!(groups(&runs.0, &runs.1, 2.0), [2, 2, 1, 5]);
        assert_eq!(runs.0.before, [0, 2, 3, 6]);
        assert_eq!(repeated(&target), [(1.0, 2), (5.0, 3)]);
        assert_eq!(repeated(&control), [(3.0, 2)]);
        assert!(repeated(&[1.0]).is_empty());
    }
}
