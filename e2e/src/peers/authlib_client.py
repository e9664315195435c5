"""Authlib as an application without pages: each run does one step, told by JSON, and answers by JSON."""

import json
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

told = json.loads(sys.argv[1])
provider = requests.get(told["issuer"] + "/.well-known/openid-configuration").json()
client = OAuth2Session(
    told["id"],
    told["secret"],
    scope="openid profile email",
    redirect_uri=told["redirect"],
    code_challenge_method="S256",
    revocation_endpoint_auth_method="client_secret_basic",
)
TOKENS = provider["token_endpoint"]


def refusal(ask):
    try:
        ask()
        return "no refusal"
    except Exception as error:
        return getattr(error, "error", str(error))


def begin():
    begun = {"code_verifier": generate_token(48), "nonce": generate_token(20)}
    url, begun["state"] = client.create_authorization_url(provider["authorization_endpoint"], **begun)
    return {"url": url, "begun": begun}


def fetch():
    begun, callback = told["begun"], told["callback"]
    return client.fetch_token(
        TOKENS, authorization_response=callback, state=begun["state"], code_verifier=begun["code_verifier"]
    )


def claims_of(token):
    keys = KeySet.import_key_set(requests.get(provider["jwks_uri"]).json())
    decoded = jwt.decode(token["id_token"], keys, algorithms=[told["alg"]])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"essential": True, "value": provider["issuer"]}},
        {"nonce": told["begun"]["nonce"], "client_id": told["id"], "access_token": token["access_token"]},
    )
    claims.validate()
    return decoded.header["alg"], dict(claims)


def introspected(token):
    return client.introspect_token(provider["introspection_endpoint"], token=token).json()


def finish():
    first = dict(fetch())
    alg, claims = claims_of(first)
    info = client.get(provider["userinfo_endpoint"]).json()
    told_of_it = introspected(first["access_token"])
    second = dict(client.refresh_token(TOKENS, refresh_token=first["refresh_token"]))
    client.revoke_token(provider["revocation_endpoint"], token=second["access_token"]).raise_for_status()
    return {
        "alg": alg,
        "claims": claims,
        "info": info,
        "told": told_of_it,
        "renewed": second["refresh_token"] != first["refresh_token"],
        "revoked": introspected(second["access_token"]),
        "again": refusal(lambda: client.refresh_token(TOKENS, refresh_token=first["refresh_token"])),
        "family": refusal(lambda: client.refresh_token(TOKENS, refresh_token=second["refresh_token"])),
        "own": client.fetch_token(TOKENS, grant_type="client_credentials", scope="orders:read")["scope"],
    }


steps = {"begin": begin, "refused": lambda: {"error": refusal(fetch)}, "finish": finish}
print(json.dumps(steps[told["step"]]()))
