/* libxmlsec1 verifying the signature of one response, as fast as its API lets it: the key is kept,
 * base64 is decoded by OpenSSL, the document is parsed and its ID registered each time, since both
 * belong to every message. Nothing of SAML is checked.
 *
 * usage: xmlsec1 RESPONSE.base64 CERTIFICATE.pem
 * Each line on standard input is a number of verifications to make; each answer is the nanoseconds
 * that they took. An end of input ends the program.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <xmlsec/crypto.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

static const xmlChar *const ASSERTION = BAD_CAST "urn:oasis:names:tc:SAML:2.0:assertion";

static void fail(const char *what) {
    fprintf(stderr, "xmlsec1 peer: %s\n", what);
    exit(1);
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path);
    char *text = malloc(1 << 20);
    if (text == NULL) fail("no memory");
    *length = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static void verify(const char *base64, size_t length, unsigned char *xml, xmlSecKeyPtr key) {
    int octets = EVP_DecodeBlock(xml, (const unsigned char *)base64, (int)length);
    if (octets < 0) fail("not base64");
    while (octets > 0 && xml[octets - 1] == 0) octets--; /* EVP_DecodeBlock counts the padding */
    xmlDocPtr document = xmlReadMemory((const char *)xml, octets, NULL, NULL, XML_PARSE_NONET);
    if (document == NULL) fail("not XML");
    xmlNodePtr root = xmlDocGetRootElement(document);
    xmlNodePtr assertion = xmlSecFindChild(root, BAD_CAST "Assertion", ASSERTION);
    if (assertion == NULL) fail("no assertion");
    xmlAttrPtr id = xmlHasProp(assertion, BAD_CAST "ID");
    xmlChar *value = xmlNodeListGetString(document, id->children, 1);
    xmlAddID(NULL, document, value, id);
    xmlFree(value);
    xmlNodePtr signature = xmlSecFindChild(assertion, xmlSecNodeSignature, xmlSecDSigNs);
    if (signature == NULL) fail("no signature");
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (context == NULL) fail("no context");
    context->signKey = xmlSecKeyDuplicate(key);
    if (xmlSecDSigCtxVerify(context, signature) < 0) fail("cannot verify");
    if (context->status != xmlSecDSigStatusSucceeded) fail("the signature is not good");
    xmlSecDSigCtxDestroy(context);
    xmlFreeDoc(document);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage: xmlsec1 RESPONSE.base64 CERTIFICATE.pem");
    xmlInitParser();
    if (xmlSecInit() < 0 || xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0) fail("no libxmlsec1");
    size_t length;
    char *base64 = read_file(argv[1], &length);
    xmlSecKeyPtr key = xmlSecCryptoAppKeyLoad(argv[2], xmlSecKeyDataFormatCertPem, NULL, NULL, NULL);
    if (key == NULL) fail("no key in the certificate");
    unsigned char *xml = malloc(length);
    if (xml == NULL) fail("no memory");

    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned long times = strtoul(line, NULL, 10);
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (unsigned long n = 0; n < times; n++) verify(base64, length, xml, key);
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%" PRId64 "\n",
               (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec));
        fflush(stdout);
    }
    return 0;
}
