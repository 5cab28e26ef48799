// Package vault keeps the credentials of accounts encrypted in a store of the
// host's.
//
//	keys, err := vault.ParseKeyRing(smm.NewSecret(os.Getenv("SMM_VAULT_KEYS")))
//	db, err := sqlitestore.Open(ctx, "smm.db", nil)
//	credentials, err := vault.Open(db.Credentials(), keys, nil)
//
// [Store] is an smm.CredentialStore and an smm.CredentialLocker: drivers take it
// as it is. What it stores in is [Rows]: plain rows, whose implementation sees no
// secret and needs no cryptography. Package vaulttest has the suites of both
// contracts.
//
// # Keys
//
// A [KeyRing] has one primary key, which seals, and any number of others, which
// only open what they sealed before. Each has an ID that is no secret, and stands
// beside what it sealed. To change keys: add the new one as a reader in every
// process, then make it the primary one, then call [Store.Rotate], and then drop
// the old one. The text form, for an environment variable, begins with the
// primary key:
//
//	2026-11:q0NZ…Q8= 2026-05:8sVm…kk=
//
// A host that has a key management service implements [KMS] instead.
//
// When a key is lost, what it sealed cannot be opened: Load gives an error that
// matches smm.ErrSealed and names the key, nothing is deleted, and connecting the
// account again replaces it.
//
// # Format
//
// What is sealed lies in an envelope: a data key made for it alone encrypts it,
// and a key of the ring, or the key management service, encrypts the data key.
// Version 1, byte by byte:
//
//	offset   length  what
//	0        1       1, the version of the format
//	1        1       k, the length of the key's ID, 1 to 64
//	2        k       the key's ID, UTF-8
//	2+k      2       w, the length of the wrapped data key, big-endian, 1 to 4096
//	4+k      w       the wrapped data key
//	4+k+w    12      nonce, random
//	16+k+w   n       the secret, encrypted with AES-256-GCM under the data key
//	16+k+w+n 16      tag
//
// Additional data of the encryption is everything before the nonce, and then the
// place, which is not in the result. A KeyRing wraps a data key as 12 bytes of
// nonce, 32 bytes encrypted with AES-256-GCM under its own key, and 16 bytes of
// tag; additional data is "smmkit data key 1", a zero byte, the length of the ID
// in one byte, the ID, and the SHA-256 of the place.
//
// The place of a credential is a list of texts, each after its length as an
// unsigned varint: "smmkit credential 1", the tenant, the platform, the account
// as text, and the field, which is "credential". So neither a row nor a part of
// one can stand for another.
//
// Encrypted is the JSON form of the credential, with a schema number and its
// secrets in base64.
//
// # Design notes
//
// One encryption per row, and not one per field: a database could otherwise mix
// the fields of two versions.
//
// The row's version is not bound in. Whoever can write to the database can put a
// whole row of yesterday back in any case, and without it rotation leaves the
// version alone: no refresh meets a conflict because of it.
//
// A key for each tenant was left to KMS implementations, which see the place.
// Data keys are not cached, so a service is asked once for each Load and Swap;
// what may be held in memory for how long is the implementation's to decide.
//
// XChaCha20-Poly1305 and Tink were rejected: this package builds from the
// standard library alone.
package vault
