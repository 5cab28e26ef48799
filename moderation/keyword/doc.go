// Package keyword finds words and phrases in messages, also where they are
// disguised.
//
// A pattern is a word or a phrase; a "*" stands for any letters within a word:
//
//	idiot          the word, in any case
//	free money     the phrase, whatever spaces or dashes stand between
//	scam*          scam, scams, scammer
//	*crypto*       crypto anywhere in a word
//
// Patterns match whole words. In scripts that write no spaces (Han, Kana, Thai,
// Lao, Khmer, Myanmar) they match anywhere.
//
// A text is looked at twice. As written: compatibility forms unified (NFKC),
// case folded, invisible characters removed. And as a skeleton, in which digits
// and signs stand for the letters they look like (1d10t), letters of other
// scripts for those they imitate, letters may be repeated (idiooot), and letters
// set apart (i d i o t) are read together. Config.Plain turns that off for one
// pattern. Reasons always point into the text as written.
//
// # Design notes
//
// One automaton (Aho-Corasick) over a coarse alphabet finds candidates in time
// linear in the text; each is then compared letter by letter. Folding look-alikes
// without that comparison was rejected: it cannot tell "ill" from "iii".
//
// Marks that belong to a letter are kept: "año" is not "ano". Only marks that
// compose with nothing, as in struck-through text, are dropped.
//
// A disguised match needs at least one letter that is itself, so that numbers
// are never words.
package keyword
