//! Faults that a story orders for certain requests, instead of leaving them to chance.

use super::call::Call;
use super::fault::FaultKind;

/// A fault and the requests that it waits for. It applies once, to the first request that fits.
#[derive(Debug, Clone)]
pub struct Scripted {
    kind: Option<FaultKind>,
    method: Option<String>,
    path: Option<String>,
    containing: Option<String>,
    times: usize,
}

impl Scripted {
    pub fn new(kind: FaultKind) -> Self {
        Self { kind: Some(kind), method: None, path: None, containing: None, times: 1 }
    }

    /// A healthy answer, also where chance had another idea.
    pub fn healthy() -> Self {
        Self { kind: None, method: None, path: None, containing: None, times: 1 }
    }

    /// Only for this method on paths that begin so, as in `.on("POST", "/Users")`.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// Only for requests whose body has this text.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.containing = Some(text.to_owned());
        self
    }

    /// For so many requests instead of one.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn waits_for(&self, call: &Call) -> bool {
        self.method.as_deref().is_none_or(|method| call.method.as_str() == method)
            && self.path.as_deref().is_none_or(|path| call.path.starts_with(path))
            && self.containing.as_deref().is_none_or(|text| call.body_contains(text))
            && self.kind.as_ref().is_none_or(|kind| kind.fits(call))
    }
}

impl From<FaultKind> for Scripted {
    fn from(kind: FaultKind) -> Self {
        Self::new(kind)
    }
}

impl From<u16> for Scripted {
    fn from(status: u16) -> Self {
        Self::new(FaultKind::Status(status))
    }
}

/// Who decides about a request.
pub(super) enum Order {
    Fault(FaultKind),
    Healthy,
    Chance,
}

/// What is still ordered, in order.
#[derive(Debug, Default)]
pub(super) struct Script {
    lines: Vec<Scripted>,
}

impl Script {
    pub(super) fn add(&mut self, line: Scripted) {
        if line.times > 0 {
            self.lines.push(line);
        }
    }

    /// What is ordered for this request, used up by asking.
    pub(super) fn take(&mut self, call: &Call) -> Order {
        let Some(at) = self.lines.iter().position(|line| line.waits_for(call)) else { return Order::Chance };
        let Some(line) = self.lines.get_mut(at) else { return Order::Chance };
        line.times -= 1;
        let kind = line.kind.clone();
        if line.times == 0 {
            self.lines.remove(at);
        }
        kind.map_or(Order::Healthy, Order::Fault)
    }

    pub(super) fn len(&self) -> usize {
        self.lines.iter().map(|line| line.times).sum()
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }
}
