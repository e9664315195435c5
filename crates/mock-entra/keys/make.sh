#!/bin/sh
# Makes the keys of the service anew, in the folder that it is started in. Needs OpenSSL 3.0.
# They are public: whoever has this source has them, and nobody may trust them outside of tests and demonstrations.
set -eu
for name in app-1 app-2 app-3 app-4 app-5 app-6 tenant-1 tenant-2 tenant-3; do
  openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$name.key.pem"
done
