// Package instagramtest simulates Instagram as its professional accounts see it.
package instagramtest
