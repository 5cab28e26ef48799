// Package rrule holds scheduler/recur against an implementation of RFC 5545 by
// others: github.com/teambition/rrule-go, a port of Python's dateutil.
//
// Rules and starts are drawn from a seed, and both sides list what they give. The
// classes in which they differ are named in the test, each with the section of the
// RFC that speaks for this library; a difference that is in none of them fails the
// test. Rules of a class are compared all the same, in a form that is out of it
// where there is one.
package rrule
