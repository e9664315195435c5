// A web application that lets people in by Vestibule: openid-client speaks the protocol, express serves the pages.
import { randomBytes } from "node:crypto";
import express from "express";
import session from "express-session";
import * as client from "openid-client";

const {
  ISSUER = "http://localhost:8400",
  CLIENT_ID = "sample",
  CLIENT_SECRET = "sample-demo-secret-that-opens-nothing-else",
  PORT = "3000",
  BASE_URL = `http://localhost:${PORT}`, // where browsers find us
  SESSION_SECRET = randomBytes(32).toString("hex"), // without one, a restart signs everybody out
} = process.env;

const issuer = new URL(ISSUER);
// Without TLS a code or a token could be read on its way: on this machine alone.
const onThisMachine = issuer.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(issuer.hostname);
const insecure = onThisMachine ? { execute: [client.allowInsecureRequests] } : {};
const provider = await client.discovery(issuer, CLIENT_ID, CLIENT_SECRET, undefined, insecure).catch((error) => {
  console.error(`No provider at ${ISSUER}: ${error.cause?.message ?? error.message}`);
  process.exit(1);
});

const https = BASE_URL.startsWith("https:");
const app = express();
app.disable("x-powered-by");
app.use(
  session({
    name: https ? "__Host-session" : "session",
    secret: SESSION_SECRET,
    cookie: { httpOnly: true, sameSite: "lax", secure: https, maxAge: 8 * 60 * 60 * 1000 },
    proxy: https, // TLS ends at a proxy before us
    resave: false,
    saveUninitialized: false, // and without a `store` sessions are in memory: fine for one process
  }),
);

app.get("/", (request, response) => {
  const { person } = request.session;
  response.set("Cache-Control", "no-store");
  if (!person) return response.send(page(`<p>Nobody is signed in.</p><p><a href="/sign-in">Sign in</a></p>`));
  const facts = { Name: person.name, "E-mail": person.email, Account: person.account, Roles: person.roles.join(", ") };
  const rows = Object.entries(facts).map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`);
  response.send(page(`<dl>${rows.join("")}</dl><form method="post" action="/sign-out"><button>Sign out</button></form>`));
});

app.get("/sign-in", async (request, response) => {
  const verifier = client.randomPKCECodeVerifier();
  const begun = { verifier, state: client.randomState(), nonce: client.randomNonce() };
  request.session.begun = begun;
  const to = client.buildAuthorizationUrl(provider, {
    redirect_uri: `${BASE_URL}/callback`,
    scope: "openid profile email",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: begun.state,
    nonce: begun.nonce,
  });
  response.redirect(to.href);
});

app.get("/callback", async (request, response) => {
  const { begun } = request.session;
  if (!begun) return response.status(400).send(trouble("It began in another browser, or is over already."));
  delete request.session.begun; // it serves once
  const tokens = await client.authorizationCodeGrant(provider, new URL(request.originalUrl, BASE_URL), {
    pkceCodeVerifier: begun.verifier,
    expectedState: begun.state,
    expectedNonce: begun.nonce,
    idTokenExpected: true,
  });
  const { sub, name, email, account, roles = [] } = tokens.claims();
  // A new session: one that somebody else put into this browser must not become the person's.
  await new Promise((done, failed) => request.session.regenerate((error) => (error ? failed(error) : done())));
  request.session.person = { sub, name, email, account: account?.path, roles }; // `sub` is the key, for ever
  request.session.idToken = tokens.id_token;
  response.redirect("/");
});

app.post("/sign-out", async (request, response) => {
  const { idToken } = request.session;
  await new Promise((done, failed) => request.session.destroy((error) => (error ? failed(error) : done())));
  const back = { post_logout_redirect_uri: `${BASE_URL}/`, ...(idToken && { id_token_hint: idToken }) };
  response.redirect(303, client.buildEndSessionUrl(provider, back).href);
});

app.use((error, request, response, next) => {
  console.error(`${request.path}: ${error.code ?? error.name}: ${error.message}`);
  // What the provider says stands in `error` and `error_description`.
  const why = error.error ? `${error.error}: ${error.error_description ?? ""}` : error.cause?.message ?? error.message;
  response.status(request.path === "/callback" ? 400 : 500).send(trouble(why));
});

const escape = (text = "") => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const page = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sample</title><h1>Sample</h1>${body}`;
const trouble = (why) => page(`<p>Signing in did not work. ${escape(why)}</p><p><a href="/">Start again</a></p>`);

app.listen(Number(PORT), "127.0.0.1", () => console.log(`The sample is at ${BASE_URL}/`));
