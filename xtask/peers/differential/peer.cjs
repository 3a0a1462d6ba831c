// Answer the cases on standard input with scim2-parse-filter, scimmy and scim-patch.

const { readFileSync } = require("node:fs");
const { parse, filter } = require("scim2-parse-filter");
const { scimPatch } = require("scim-patch");

const clone = (value) => JSON.parse(JSON.stringify(value));

/** Whoever a test finds, or null when the filter is refused. */
function found(people, test) {
  try {
    const matches = test();
    return Object.keys(people).filter((name) => matches(people[name]));
  } catch {
    return null;
  }
}

function patched(one) {
  try {
    return scimPatch(clone(one.before), clone(one.operations));
  } catch {
    return null;
  }
}

async function main() {
  const { default: SCIMMY } = await import("scimmy");
  const { people, filters, patches } = JSON.parse(readFileSync(0, "utf8"));
  const answers = { "scim2-parse-filter": { filters: {} }, scimmy: { filters: {} }, "scim-patch": { patches: {} } };
  for (const one of filters) {
    answers["scim2-parse-filter"].filters[one.name] = found(people, () => filter(parse(one.filter)));
    answers.scimmy.filters[one.name] = found(people, () => {
      const it = new SCIMMY.Types.Filter(one.filter);
      return (person) => it.match([clone(person)]).length > 0;
    });
  }
  for (const one of patches) {
    answers["scim-patch"].patches[one.name] = patched(one);
  }
  process.stdout.write(JSON.stringify(answers));
}

main();
