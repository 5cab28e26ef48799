package sentiment

import "math/bits"

// tongues is a set of languages, by their index in foreignWords.
type tongues uint16

// foreignWords are the most frequent words of grammar of languages in Latin script,
// without those that English has too ("me", "die", "on", "men").
//
//nolint:misspell // they are no English
var foreignWords = [...]string{
	spanish: `el la los las un una unos unas de del al que qué en y es por para con se su sus lo como cómo más pero muy ya
esta está este esto eso ese esa estos estas yo tú mi mis tu te le les nos nosotros ustedes cuando donde dónde porque si sí sin sobre
hay ser son era fue soy eres somos estoy están tengo tiene tienen hace hacer todo todos toda todas también nada mucho mucha gracias
hola bien mejor gran día días hoy ayer mañana siempre nunca año años cada otro otra desde hasta entre vida amigo amigos buenos buenas
ha han había puede quiero aquí ahora tan así`,
	french: `à va vais vont on le la les un une des du de et est en que qui dans pour pas sur au aux avec ce cette ces il elle ils elles nous
vous je j'ai c'est n'est qu'il d'un d'une l'on ne se sa ses son mon ma mes ton ta tes leur leurs mais ou où donc car très bien tout
tous toute toutes plus moins comme fait faire être avoir suis es sommes êtes sont était ai avons avez ont y si même aussi encore
toujours jamais rien merci bonjour salut oui non ça cela quand comment pourquoi chez sans entre vers jour jours aujourd'hui demain
hier vie ici là quel quelle trop peu beaucoup`,
	german: `der das und ist nicht ich du er sie es wir ihr ein eine einen einem einer eines den dem des zu mit auf für von
im am um bei nach aus wie auch noch nur schon sehr so aber oder wenn weil dass daß hat habe haben hatte sind bin bist seid war waren
wird werden wurde kann können muss müssen mich dich sich mir dir uns euch ihm ihn ihnen mein meine dein deine sein seine kein keine
was wer wo warum hier da dann jetzt heute morgen gestern immer wieder ganz mehr viel alles über unter zum zur vom ja nein danke bitte
gut schön mal doch`,
	italian: `il lo la gli le un uno una di del della dei delle dello degli da dal dalla in nel nella con su sul sulla per tra
fra e è che chi non si mi ti ci vi ne sono sei siamo siete era ho hai ha abbiamo avete hanno questo questa questi queste quello quella
quelli come quando dove perché cosa anche più molto troppo tutto tutti tutta tutte ma però se già ancora sempre mai bene grazie ciao
oggi ieri domani giorno anno vita mio mia tuo tua suo sua nostro loro ogni proprio così fatto fare essere stato stata solo bello bella`,
	portuguese: `o os um uma uns umas de do da dos das em no na nos nas por pelo pela para pra com sem que e é ser são foi era
está estão estou tem têm tenho não sim mais mas muito muita muitos também já ainda sempre nunca eu você vocês ele ela eles elas nós
me te se lhe meu minha teu tua seu sua seus suas este esta isto esse essa isso aquele aquela quando onde como porque quem qual
obrigado obrigada olá oi bem bom boa hoje ontem amanhã dia dias ano anos vida tudo todo todos toda todas ao aos à às ou vai vou`,
	dutch: `de het een en van ik je jij hij zij ze wij we jullie is zijn was waren ben bent heb hebt heeft hebben had niet
geen wel dat die dit deze er op in te met voor aan om bij naar uit over door tot als maar ook nog al dan wat wie waar hoe waarom mijn
jouw haar hun ons onze zo heel veel meer goed mooi altijd nooit weer vandaag morgen gisteren dag jaar leven alles iets niets kan
kunnen moet moeten wil zal worden wordt werd ja nee dank bedankt hallo`,
	scandinavian: `och att det är jag du han hon vi ni de dem den ett en som på av för med till från om inte har hade var
vara blir blev kan ska skulle mycket bara när där här hur vad varför också eller men så nu alla allt min mitt mina din ditt sin tack
hej bra idag igår og at er jeg hun dere ikke på av til fra med som har hadde var være bli blir kan skal ville veldig meget når der
hvor hva hvad hvorfor også eller nå alle alt mitt takk tak hei idag i dag ett jag`,
	polish: `nie się jest na do że z w i to jak co ale tak za od po czy już tylko bardzo ten ta te tego tej tym są był była było
być mam masz ma mamy mają mi mnie ci ciebie go jej jego ich nam nas wam dla przez przed jeszcze może można gdzie kiedy dlaczego kto
wszystko wszyscy zawsze nigdy dziś dzisiaj jutro wczoraj dzień rok życie dziękuję dzięki cześć dobrze dobry`,
	turkish: `ve bir bu şu o da de için ile çok ne mi mı mu mü değil var yok ben sen biz siz onlar benim senin bizim gibi daha
en ama fakat veya kadar sonra önce her hiç şey iyi güzel bugün yarın dün gün yıl hayat neden nasıl nerede kim bana sana teşekkürler
teşekkür merhaba evet hayır olarak oldu olan olur`,
	indonesian: `yang dan di ke dari ini itu untuk dengan tidak tak bukan ada adalah akan sudah belum bisa saya aku kamu anda
kita kami mereka dia nya juga atau tapi tetapi karena jika kalau apa siapa kapan mana bagaimana kenapa sangat sekali lebih paling
semua banyak hari tahun hidup baik bagus terima kasih selamat pagi malam lagi masih hanya pada oleh ang ng mga sa na ay ko mo siya
hindi po lang kung para naman`,
}

const (
	spanish = iota
	french
	german
	italian
	portuguese
	dutch
	scandinavian
	polish
	turkish
	indonesian
	tongueCount
)

// englishWords are frequent words that none of the languages above has among its own
// frequent words, or at least not as often. Those with apostrophes are found by
// their apostrophe.
const englishWords = `the of and to is it you that he was for are with as his they at be this have from or had by but not what all were we when
your can said there use each which she how their if will up other about out many then them these some her would make like him
into time has look two more write go see number way could people my than first been call who its now find long down day did
get come made may part over new take only little work know place year live me back give most very after thing our just name
good sentence man think say great where help through much before line right too mean old any same tell boy follow came want
show also around form three small set put end does another well large must big even such because turn here why ask went read
need land different home us move try kind hand again change off play away house point page letter mother answer found study
still learn should world high every near add food between own below country last school father keep never start city eye
light thought head under story saw left few while along might close something seem next hard open example begin life always
those both paper together got group often run important until children side feet car night walk white sea began grow took
river four carry state once book hear without second later miss idea enough eat watch far really almost let above girl
sometimes soon list song being leave family it's body today tomorrow tonight yesterday morning week month monday tuesday
wednesday thursday friday saturday sunday i'm i've i'll i'd you're you've you'll he's she's we're we've they're that's
there's what's who's let's im ive youre thats whats dont don't can't didn't doesn't isn't wasn't won't couldn't shouldn't
wouldn't aren't weren't haven't hasn't cant didnt gonna wanna gotta btw thanks thank please yes yeah yep nope hey guys ppl u
ur r y'all someone everyone anyone everything anything nothing nobody i an on in going getting doing making coming looking
working watching reading playing trying feeling having says posted photo post phone movie game news check via free win join
click store price order delivery customer meeting office job sleep bed coffee lunch breakfast ready waiting done sure maybe
actually probably already ever else yet since though although whether however minutes hours days weeks years ago late early
better best worst worse less least finally pretty quite during anyway sounds`

// languageCount gathers what a text says about its language, in points: two for a
// word that one language alone has among its frequent words, one for a word that
// several have, for a weight, and for letters that English does not have.
type languageCount struct {
	english int
	foreign [tongueCount]int
	marked  int // words with letters that English does not have

	words    int // words of letters
	doubtful int // words with a weight that other languages have too
	symbols  int // emoji and emoticons with a weight
	latin    int // bytes of Latin words
	other    int // letters of other scripts
}

func (l *languageCount) add(e *entry) {
	l.words++
	if e == nil {
		return
	}
	own, theirs := 0, 2
	switch {
	case e.flags&english != 0 && e.foreign != 0:
		own, theirs = 1, 1
	case e.flags&english != 0:
		own = 2
	case e.flags&(weighs|shared) == weighs && e.foreign == 0:
		own = 1
	case e.flags&weighs != 0:
		l.doubtful++
	}
	l.english += own
	for set := uint16(e.foreign); set != 0; set &= set - 1 {
		l.foreign[bits.TrailingZeros16(set)] += theirs
	}
}

// state decides whether the text is English. A text of symbols alone has no
// language, and can be scored.
func (l *languageCount) state() State {
	if l.words == 0 {
		if l.symbols > 0 {
			return StateScored
		}
		return StateNoWords
	}
	against := 0
	for _, n := range l.foreign {
		against = max(against, n)
	}
	against += l.marked
	switch {
	case l.other > l.latin || l.english == 0 && l.other > 0:
		return StateScript
	case against > l.english:
		return StateLanguage
	case l.english == 0 && l.symbols+l.doubtful == 0:
		return StateUnknown
	}
	return StateScored
}
