// What the figures are and mean, in the words of /api/v1/schema, which are those of the tables beside the structures.
// They are known some time after the page opened, or never: then nothing is missing but they.

let structures = new Map();  // Of the answers: structure -> field -> what is said of it.
let figures = new Map();     // Of an explanation.
let sections = new Map();

const by_name = (list, value = (each) => each) => new Map(list.map((each) => [each.name, value(each)]));

export async function load_schema(ask) {
  const schema = await ask("api/v1/schema");
  structures = by_name(schema.answers, (structure) => by_name(structure.fields));
  figures = by_name(schema.explanation.figures);
  sections = by_name(schema.explanation.sections, (section) => section.title);
}

const field = (structure, name) => structures.get(structure)?.get(name);
const words_of = (structure, name) => field(structure, name)?.words ?? [];

/** "max_pending [invitations]: that may be outstanding at once", a line each; "" while nothing is known. */
export const field_notes = (structure, names) => names.map((name) => field(structure, name)).filter((each) => each)
  .map(({ name, unit, meaning }) => `${name}${unit ? ` [${unit}]` : ""}: ${meaning}`).join("\n");

/** What a word of the field means. */
export const word_note = (structure, name, word) => words_of(structure, name).find((each) => each.name === word)?.meaning ?? "";

/** These words of the field, in its order. */
export const in_order = (structure, name, words) => {
  const order = words_of(structure, name).map((each) => each.name);
  return [...words].sort((a, b) => order.indexOf(a) - order.indexOf(b));
};

/** A step of an explanation: its unit, its meaning, whether it is a share; undefined while nothing is known. */
export const figure = (name) => figures.get(name);
export const section_title = (name) => sections.get(name);
