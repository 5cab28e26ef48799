// Package xtest will be described here.
package xtest
