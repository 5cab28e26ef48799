// Package moderation says what shall happen to what people write: filters look
// at a message and give a [Verdict] that explains itself.
//
//	words, err := keyword.New(keyword.Config{Patterns: patterns})
//	links, err := link.New(link.Config{Deny: []string{"spam.example"}})
//	filter := moderation.Chain(words, links)
//	verdict, err := filter.Filter(ctx, &message)
//
// Package policy builds such a chain from a JSON file. What a verdict asks for
// is carried out by the host, for example through smm/inbox, whose actions have
// the same names.
//
// # Design notes
//
// A verdict names its reasons with the exact bytes of the text as written, so
// that a person can see what a machine saw, and so that a rule that errs can be
// found. A bare yes or no was rejected.
//
// A filter that fails holds the message. Letting it pass would turn every
// outage of a model into an open door; deleting it would punish the author for
// it.
//
// Escalate is the strongest action although it does nothing by itself: where a
// person must look at once, nothing may have happened to the evidence.
package moderation
