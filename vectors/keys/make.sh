#!/bin/sh
# Makes the test keys and certificates anew, in the folder that it is started in. Needs OpenSSL 3.0.
# The vectors are signed with these keys: after this, make them again too (vectors/README.md).
set -eu

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# certificate KEY NAME SUBJECT NOT-BEFORE NOT-AFTER SERIAL
certificate() {
  : > "$work/index"
  echo "$6" > "$work/serial"
  printf '%s\n' '[ca]' 'default_ca=c' '[c]' "database=$work/index" "serial=$work/serial" "new_certs_dir=$work" \
    'default_md=sha256' 'policy=p' 'unique_subject=no' 'x509_extensions=x' '[p]' 'CN=supplied' '[x]' \
    'subjectKeyIdentifier=hash' '[req]' 'distinguished_name=d' '[d]' > "$work/config"
  openssl req -new -key "$1.key.pem" -subj "$3" -config "$work/config" -out "$work/request"
  openssl ca -batch -notext -selfsign -keyfile "$1.key.pem" -config "$work/config" -in "$work/request" \
    -startdate "$4" -enddate "$5" -out "$2.cert.pem" 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
}

rsa() { openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -pkeyopt "rsa_keygen_pubexp:$3" -out "$1.key.pem"; }
ec() { openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key.pem"; }

idp='/CN=Microsoft Azure Federated SSO Certificate'
from=20240101000000Z
until=20340101000000Z

rsa idp 2048 65537
rsa idp-next 2048 65537
rsa attacker 2048 65537
rsa other-tenant 2048 65537
rsa sp 2048 65537
rsa sp-next 2048 65537
rsa small 1024 65537
rsa exponent-3 2048 3
ec p256 P-256
ec p384 P-384
ec p521 P-521
openssl genpkey -algorithm ED25519 -out ed25519.key.pem

certificate idp idp "$idp" $from $until 5A17
certificate idp-next idp-next "$idp" $from $until 5A18
certificate idp idp-expired "$idp" 20200101000000Z 20230101000000Z 5A10
certificate idp idp-not-yet "$idp" 20340101000000Z 20370101000000Z 5A30
# The attacker copies the subject and the serial number of the identity provider's certificate.
certificate attacker attacker "$idp" $from $until 5A17
certificate other-tenant other-tenant "$idp" $from $until 5A17
for key in sp sp-next small exponent-3 p256 p384 p521 ed25519; do
  certificate $key $key "/CN=$key.example.com" $from $until 01
done
