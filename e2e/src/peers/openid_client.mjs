// openid-client as an application without pages: each run does one step, told by JSON, and answers by JSON.
import * as client from "openid-client";

const { step, issuer, id, secret, alg, redirect, ...told } = JSON.parse(process.argv[2]);
const provider = await client.discovery(
  new URL(issuer),
  id,
  { id_token_signed_response_alg: alg },
  client.ClientSecretBasic(secret),
  { execute: [client.allowInsecureRequests] },
);

// The code of the error that a refusal ends in.
const refusal = (promise) => promise.then(() => "no refusal", (error) => error.error ?? error.message);

const steps = {
  async begin({ prompt }) {
    const begun = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
    };
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: redirect,
      scope: "openid profile email",
      code_challenge: await client.calculatePKCECodeChallenge(begun.pkceCodeVerifier),
      code_challenge_method: "S256",
      state: begun.expectedState,
      nonce: begun.expectedNonce,
      ...(prompt && { prompt }),
    });
    return { url: url.href, begun };
  },

  async refused({ begun, callback }) {
    return { error: await refusal(client.authorizationCodeGrant(provider, new URL(callback), begun)) };
  },

  async finish({ begun, callback, back }) {
    const first = await client.authorizationCodeGrant(provider, new URL(callback), { ...begun, idTokenExpected: true });
    const claims = first.claims();
    const info = await client.fetchUserInfo(provider, first.access_token, claims.sub);
    const told = await client.tokenIntrospection(provider, first.access_token);
    const second = await client.refreshTokenGrant(provider, first.refresh_token);
    await client.tokenRevocation(provider, second.access_token);
    const revoked = await client.tokenIntrospection(provider, second.access_token);
    const again = await refusal(client.refreshTokenGrant(provider, first.refresh_token));
    const family = await refusal(client.refreshTokenGrant(provider, second.refresh_token));
    const own = await client.clientCredentialsGrant(provider, { scope: "orders:read" });
    const end = client.buildEndSessionUrl(provider, { post_logout_redirect_uri: back, id_token_hint: first.id_token });
    return {
      alg: JSON.parse(Buffer.from(first.id_token.split(".")[0], "base64url")).alg,
      claims,
      info,
      told,
      renewed: second.claims().sub === claims.sub && second.refresh_token !== first.refresh_token,
      revoked,
      again,
      family,
      own: own.scope,
      end: end.href,
    };
  },
};

console.log(JSON.stringify(await steps[step](told)));
