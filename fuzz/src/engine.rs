//! The loop: take an input, change it, try it, keep it when it reached something new.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::coverage::Coverage;
use crate::mutate::{Random, mutate};
use crate::targets::{Target, World};
use crate::watch::Watch;
use crate::{corpus, report};

pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) budget: Budget,
    pub(crate) seed: u64,
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// Whether new inputs are written to the corpus.
    pub(crate) keep: bool,
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    Time(Duration),
    Executions(u64),
}

/// No input may take longer.
const SLOWEST: Duration = Duration::from_millis(100);

pub(crate) fn run(settings: &Settings) -> Result<()> {
    let mut inputs = corpus::seeds(&settings.root)?;
    let n_from_tests = inputs.len();
    inputs.extend(corpus::kept(&settings.root, settings.target.name)?);
    let n_seeds = inputs.len();
    let findings = corpus::findings(&settings.root);
    fs::create_dir_all(&findings).with_context(|| format!("could not make `{}`", findings.display()))?;
    let watch = Watch::default();
    watch.start(findings.join(format!("{}-hang", settings.target.name)));
    let mut fuzzer = Fuzzer {
        settings,
        world: World::new(),
        coverage: Coverage::new(),
        watch,
        random: Random::new(settings.seed),
        n_executions: 0,
    };
    // A panic is caught and told with its input; the usual words would only be in the way.
    panic::set_hook(Box::new(|_| {}));
    for input in &inputs {
        fuzzer.try_input(input)?;
    }
    let start = Instant::now();
    let first = fuzzer.n_executions;
    while !fuzzer.is_over(start, first) {
        let mut input = fuzzer.random.pick(&inputs).cloned().unwrap_or_default();
        let other = fuzzer.random.pick(&inputs).cloned().unwrap_or_default();
        mutate(&mut fuzzer.random, &mut input, &other);
        if fuzzer.try_input(&input)? {
            inputs.push(input);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    report::line(format!(
        "fuzz {}: {} executions in {seconds:.0} s, {} parts reached, {} inputs kept beside {n_seeds}, seed {}",
        settings.target.name,
        fuzzer.n_executions,
        fuzzer.coverage.n_reached(),
        inputs.len() - n_seeds,
        settings.seed
    ));
    if settings.keep {
        let few = fuzzer.fewest(inputs, n_from_tests)?;
        report::line(format!("fuzz {}: {} inputs in the corpus", settings.target.name, few.len()));
        corpus::keep(&settings.root, settings.target.name, &few)?;
    }
    Ok(())
}

struct Fuzzer<'a> {
    settings: &'a Settings,
    world: World,
    coverage: Coverage,
    watch: Watch,
    random: Random,
    n_executions: u64,
}

impl Fuzzer<'_> {
    fn is_over(&self, start: Instant, first: u64) -> bool {
        match self.settings.budget {
            Budget::Time(most) => start.elapsed() >= most,
            Budget::Executions(most) => self.n_executions - first >= most,
        }
    }

    /// Whether the input reached something new. An error is a finding.
    fn try_input(&mut self, input: &[u8]) -> Result<bool> {
        self.n_executions += 1;
        self.watch.begin(input);
        Coverage::reset();
        let took = self.execute(input)?;
        let is_new = self.coverage.take_new();
        if took > SLOWEST {
            self.is_slow(input)?;
        }
        self.watch.end();
        Ok(is_new)
    }

    /// The clock on the wall counts what other programs do, too: an input is slow when it never is quick.
    fn is_slow(&self, input: &[u8]) -> Result<()> {
        let mut quickest = Duration::MAX;
        for _ in 0..10 {
            quickest = quickest.min(self.execute(input)?);
        }
        if quickest > SLOWEST {
            let place = finding(self.settings, input)?;
            bail!("{} takes {} ms", place.display(), quickest.as_millis());
        }
        Ok(())
    }

    /// The inputs that reach what none before them does, short ones first. What stands in the tests need not be kept.
    fn fewest(&mut self, mut inputs: Vec<Vec<u8>>, n_from_tests: usize) -> Result<Vec<Vec<u8>>> {
        self.coverage = Coverage::new();
        let mut found = inputs.split_off(n_from_tests);
        for input in &inputs {
            self.try_input(input)?;
        }
        found.sort_by_key(Vec::len);
        let mut few = Vec::new();
        for input in found {
            if self.try_input(&input)? {
                few.push(input);
            }
        }
        Ok(few)
    }

    fn execute(&self, input: &[u8]) -> Result<Duration> {
        let start = Instant::now();
        let outcome =
            panic::catch_unwind(AssertUnwindSafe(|| (self.settings.target.run)(&self.world, input)));
        let took = start.elapsed();
        match outcome {
            Ok(Ok(())) => Ok(took),
            Ok(Err(broken)) => {
                let place = finding(self.settings, input)?;
                bail!("{} breaks a property: {broken:#}", place.display())
            }
            Err(panic) => {
                let place = finding(self.settings, input)?;
                let said = panic.downcast_ref::<String>().map(String::as_str);
                let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
                bail!("{} panics: {said}", place.display())
            }
        }
    }
}

/// Write an input that broke something, for a test to be made of it.
fn finding(settings: &Settings, input: &[u8]) -> Result<PathBuf> {
    let path = corpus::findings(&settings.root).join(format!("{}-{}", settings.target.name, name_of(input)));
    fs::write(&path, input).with_context(|| format!("could not write `{}`", path.display()))?;
    Ok(path)
}

fn name_of(input: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
