// Command outsider is a product of somebody else's: a module with another path,
// outside of the repository, that uses what is public and nothing else. It keeps
// credentials and deliveries in files of its own, connects an account by the
// platform's consent page, publishes on schedule, and takes what happens into an
// inbox. Continuous integration copies it away from the repository and tests it
// there (see .ci/outsider.sh).
//
// Run without arguments it plays the whole story on a simulator.
package main
