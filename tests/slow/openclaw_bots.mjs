// Prints what an OpenClaw channel plugin itself makes of a config: each account as it resolves it.
// Arguments: the plugin's entry, the config, the channel.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [, , entry, file, channel] = process.argv;
const nothing = new Proxy(function () {}, {
  get: (_, key) => (key === "then" ? undefined : key === Symbol.toPrimitive ? () => "" : nothing),
  apply: () => nothing,
});
const channels = [];
const known = { registerChannel: (one) => channels.push(one.plugin ?? one), config: {} };
const api = new Proxy(known, { get: (target, key) => target[key] ?? nothing });
const module = await import(pathToFileURL(entry));
await (module.default ?? module).register(api);

const config = JSON.parse(fs.readFileSync(file, "utf8"));
const { config: plugin } = channels.find((one) => one.id === channel);
const bots = plugin.listAccountIds(config).map((id) => plugin.resolveAccount(config, id));
const started = bots.filter((bot) => bot.enabled && bot.configured);
process.stdout.write(JSON.stringify(started.map((bot) => [bot.config.clientId, bot.config.clientSecret])));
