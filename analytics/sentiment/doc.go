// Package sentiment tells whether English posts, comments and reviews are positive,
// neutral or negative, how sure that is, and why, and adds the answers up by
// campaign, topic, product, label and time.
//
//	s := sentiment.Analyze("The delivery was late, but the support was GREAT!") // s.Class, s.Compound, s.Confidence
//	_, why := sentiment.Explain("not bad at all")                                // terms with their weights
//
//	var t sentiment.Tally
//	for _, text := range comments {
//		t.Add(sentiment.Analyze(text))
//	}
//	share, ok := t.Share(sentiment.Positive) // with a Wilson interval; texts without a score are counted apart
//
// Texts in other languages answer that they have no score, and why ([State]): they
// are never neutral. A host that has a model for them plugs it in as a [Scorer]
// behind the rules with [First].
//
// # Method
//
// The weights of words are those of the VADER lexicon (Hutto and Gilbert, "VADER: A
// Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM
// 2014), whose licence stands at the head of lexicon.txt; opinions.go and words.go
// add our own. On the weights work negation, stronger and weaker words ("very",
// "hardly"), capitals, exclamation marks, drawn-out words ("looove"), the turn after
// "but", idioms, and what makes a statement unreal: questions and "if" or "would",
// an idea of Taboada et al., "Lexicon-Based Methods for Sentiment Analysis",
// Computational Linguistics 37 (2011). A capitalised word inside a sentence counts
// little, since it is likely a name. The sum x of a text of n words becomes the
// compound x/sqrt(x²+25+1.2n), whose weak part is pressed below [Threshold].
//
// # Quality
//
// The constants were chosen on the labelled tweets whose id leaves 1 when divided by
// 4, with the odd movie snippets as a second set, and are reported on the rest: the
// tests print the figures and refuse a fall. Half of what people call neutral is called
// something else, most of it friendly phrases in a neutral post, and irony is not seen. A single text is weak evidence; Confidence
// says how weak.
//
// # Design notes
//
// The threshold between classes is the usual 0.05 of the compound, so that figures
// compare with those of other VADER programs. Tuned thresholds of other values were
// rejected: every consumer would have to know them. The compound is bent instead.
//
// Words are read in one pass with a window of four, and the text is never split or
// lowered, which is why scoring does not allocate. A list of tokens was rejected: it
// costs the allocation and gives nothing that the window lacks.
//
// The language is judged by script and words of grammar. Trigram models judge better
// and weigh more than the lexicon; short texts defeat them too. Emoji alone have no
// language and are scored.
//
// The embedded lexicon is text that is read at first use, within a few milliseconds,
// and not a generated Go table, whose pointers the linker would have to place in
// every program that imports this package.
package sentiment

//go:generate go run ./internal/gen
