// Runs scripts by botium-core against a bot of fixed answers, and prints what became of each.
//
//   node driver.mjs < cases.json
//
// A case has `files` (name: text), `greeting` and `answers` (what the user says: messages; "*" is
// anything else), each message as Botium has it, and perhaps `caps`. What is printed is a list, in
// the order of the cases, of {convos: [{name, passed, why, said}], error}.

import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

const { BotDriver } = createRequire(import.meta.url)("botium-core");

const text = fs.readFileSync(0, "utf8");
const cases = JSON.parse(text);

/** A connector to a bot that knows its answers. */
function connector(one, said) {
  return ({ queueBotSays }) => {
    const answer = (messages) => {
      for (const message of messages) queueBotSays({ sender: "bot", ...structuredClone(message) });
    };
    return {
      Start: () => answer(one.greeting ?? []),
      UserSays({ messageText }) {
        said.push(messageText ?? null);
        answer(one.answers?.[messageText] ?? one.answers?.["*"] ?? []);
      },
    };
  };
}

async function run(one) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "botium-"));
  const said = [];
  try {
    for (const [name, content] of Object.entries(one.files)) {
      fs.writeFileSync(path.join(folder, name), content);
    }
    const driver = new BotDriver()
      .setCapability("CONTAINERMODE", connector(one, said))
      .setCapability("WAITFORBOTTIMEOUT", 400)
      .setCapability("SCRIPTING_ENABLE_MEMORY", true)
      .setCapability("SECURITY_ALLOW_UNSAFE", true);
    for (const [name, value] of Object.entries(one.caps ?? {})) driver.setCapability(name, value);
    const compiler = driver.BuildCompiler();
    compiler.ReadScriptsFromDirectory(folder);
    compiler.ExpandScriptingMemoryToConvos();
    compiler.ExpandConvos();
    const convos = [];
    for (const convo of compiler.convos) {
      said.length = 0;
      const container = await driver.Build();
      let why = null;
      try {
        await container.Start();
        await convo.Run(container);
      } catch (error) {
        why = String(error.message ?? error);
      } finally {
        await container.Stop();
        await container.Clean();
      }
      convos.push({ name: convo.header.name, passed: why === null, why, said: [...said] });
    }
    return { convos };
  } catch (error) {
    return { error: String(error.message ?? error) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const done = [];
const rest = cases.entries();
const work = async () => {
  for (const [index, one] of rest) done[index] = await run(one);
};
await Promise.all(Array.from({ length: 16 }, work));
process.stdout.write(JSON.stringify(done), () => process.exit(0));
