package connect

import (
	"errors"
	"net/http"

	"github.com/smmkit/smmkit/smm"
)

// Problem is an error in words for the person at the browser. It holds nothing
// of the error's own text, which is for whoever runs the host.
type Problem struct {
	Code   string // stable, for hosts that translate: "denied", "state", "unavailable" ...
	Status int    // HTTP
	Title  string
	Text   string // what happened and what to do
}

// ProblemOf finds the words for an error of this package.
func ProblemOf(err error) Problem { return problemOf(err) }

func problemOf(err error) Problem {
	if s, ok := errors.AsType[*statusError](err); ok {
		return Problem{s.code, s.status, s.title, s.text}
	}
	if _, ok := errors.AsType[*identifyError](err); ok && errors.Is(err, smm.ErrUnauthorized) {
		return Problem{"sign-in", http.StatusUnauthorized, "Please sign in", "You are not signed in here any more. Sign in, and begin again."}
	}
	for _, p := range ownProblems() {
		if errors.Is(err, p.err) {
			return p.Problem
		}
	}
	if _, ok := errors.AsType[*storageError](err); ok {
		for _, p := range storeProblems() {
			if errors.Is(err, p.err) {
				return p.Problem
			}
		}
	}
	for _, p := range platformProblems() {
		if errors.Is(err, p.err) {
			return p.Problem
		}
	}
	return Problem{"internal", http.StatusInternalServerError, "Something went wrong", "Nothing was changed. Try again, and tell the people who run this site if it happens again."}
}

type errorProblem struct {
	err error
	Problem
}

func ownProblems() []errorProblem {
	return []errorProblem{
		{ErrDenied, Problem{"denied", http.StatusForbidden, "Not connected", "The connection was not allowed on the platform's page. If that was not meant, begin again."}},
		{ErrState, Problem{"state", http.StatusBadRequest, "This link is no longer valid", "It was used already, took too long, or was begun in another browser or by another user. Nothing was changed. Begin again in this browser."}},
		{ErrIssuer, Problem{"issuer", http.StatusBadRequest, "The wrong server answered", "The answer did not come from the server that was asked, and was not used. Check the name of the server, and begin again."}},
		{ErrOtherAccount, Problem{"other-account", http.StatusConflict, "That is another account", "You are signed in at the platform with another account than the one to be connected again. Nothing was changed. Switch the account there, and begin again."}},
		{ErrScopes, Problem{"scopes", http.StatusForbidden, "A permission is missing", "A permission that is needed was not given, so the account was not connected. Begin again, and leave all permissions on."}},
		{ErrNoAccount, Problem{"no-account", http.StatusUnprocessableEntity, "No account to connect", "What you allowed reaches no account or page that can be connected. Check that you manage one, and begin again."}},
		{ErrLost, Problem{"lost-key", http.StatusConflict, "The stored connection cannot be opened", "This account was connected before, but its key is missing here. Ask the people who run this site to give the key back, or replace what is stored by connecting this account again."}},
		{ErrNotRevoked, Problem{"not-revoked", http.StatusServiceUnavailable, "Still connected", "The platform could not be told to end the connection. Try again later."}},
	}
}

func storeProblems() []errorProblem {
	return []errorProblem{
		{smm.ErrSealed, Problem{"sealed", http.StatusInternalServerError, "A key is missing", "This site cannot open what it stored, and nothing was changed. Tell the people who run it: a key is missing."}},
		{smm.ErrConflict, Problem{"conflict", http.StatusConflict, "The account is in use", "The account was being changed at the same moment. Wait a little, and begin again."}},
		{smm.ErrUnavailable, Problem{"storage", http.StatusServiceUnavailable, "This site cannot store anything now", "The connection could not be stored, and nothing was changed. Wait a little, and begin again."}},
	}
}

func platformProblems() []errorProblem {
	return []errorProblem{
		{smm.ErrRateLimited, Problem{"rate-limited", http.StatusServiceUnavailable, "Too many requests", "The platform takes no more requests for now. Wait some minutes, and begin again."}},
		{smm.ErrUnavailable, Problem{"unavailable", http.StatusServiceUnavailable, "The platform does not answer", "The platform or server cannot be reached now, and nothing was changed. Check its name, wait a little, and begin again."}},
		{smm.ErrUnauthorized, Problem{"refused", http.StatusForbidden, "The platform did not accept it", "The authorization, token or password is wrong or over. Begin again."}},
		{smm.ErrForbidden, Problem{"forbidden", http.StatusForbidden, "Not allowed", "A right, role or permission for this is missing at the platform or on this site."}},
		{smm.ErrUnsupported, Problem{"unsupported", http.StatusNotFound, "Not possible here", "This platform or this kind of account cannot be connected here."}},
		{smm.ErrNotFound, Problem{"not-found", http.StatusNotFound, "Not found", "The platform knows no such account. Check the name, and begin again."}},
		{smm.ErrRejected, Problem{"rejected", http.StatusUnprocessableEntity, "Refused by the platform", "The platform refused this for good. Trying again without changing anything will not help."}},
		{smm.ErrSealed, Problem{"sealed", http.StatusInternalServerError, "A key is missing", "This site cannot open what it stored, and nothing was changed. Tell the people who run it: a key is missing."}},
		{smm.ErrConflict, Problem{"conflict", http.StatusConflict, "The account is in use", "The account was being changed at the same moment. Wait a little, and begin again."}},
		{smm.ErrInvalid, Problem{"invalid", http.StatusBadRequest, "That cannot be right", "What was typed or sent cannot be right. Check it, and begin again."}},
	}
}
