import assert from "node:assert/strict";
import { test } from "node:test";
import { tabs, until } from "../generated/testing.mjs";

test("every shape comes back from the server as the types say", () =>
  tabs(["Ana"], async (ana) => {
    await ana.getByText("Arrow keys").waitFor();
    await ana.evaluate(() => window.echo.send());
    const look = () => ana.evaluate(() => ({ heard: window.echo.heard, sent: window.echo.sent }));
    const { heard, sent } = await until(look, (seen) => seen.heard.length >= seen.sent.length);
    assert.deepEqual(heard, sent);
  }));
