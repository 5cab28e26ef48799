package sentiment

// maxKey is the length in bytes of the longest key that a text is searched for, a
// power of two.
const maxKey = 32

// negations turn the weight of what follows within three words.
const negations = `not no never none nobody nothing nowhere neither nor cannot cant can't don't dont doesn't doesnt didn't didnt
isn't isnt ain't aint aren't arent wasn't wasnt weren't werent won't wont wouldn't wouldnt shouldn't shouldnt couldn't couldnt
hasn't hasnt haven't havent hadn't hadnt mustn't mustnt needn't neednt mightn't mightnt oughtn't daren't shan't shant
without rarely seldom hardly barely scarcely despite uhuh uh-uh nope nah lacks lacking lack`

// stronger and weaker words change the weight of what follows within three words.
const (
	stronger = `absolutely amazingly awfully completely considerable considerably damn dayum decidedly deeply effing enormous
enormously entirely especially exceptional exceptionally extreme extremely fabulously flippin flipping frackin fracking frickin
fricking friggin frigging fuckin fucking fully hella highly hugely incredible incredibly intensely major majorly more most much
particularly purely quite really remarkably seriously so substantially super terribly thoroughly total totally tremendous
tremendously uber ultra unbelievably unusually utter utterly very way insanely ridiculously wildly too sooo soo soooo veryy
`
	weaker = `almost kinda kindof less little marginal marginally mildly moderately occasional occasionally partly scarce
slight slightly somewhat sorta sortof fairly
`
)

// ownWeights are weights in tenths that the lexicon lacks or, for what it is used on
// here, has wrong. Underscores join idioms.
var ownWeights = []struct {
	tenths int
	words  string
}{
	{40, `over_the_moon`},
	{30, `to_die_for the_shit the_bomb can't_wait cant_wait cannot_wait top_notch second_to_none`},
	{25, `looking_forward looking_fwd made_my_day make_my_day makes_my_day well_done 💯 🔥 🙌 🥂 🍾`},
	{20, `break_a_leg no_problem no_worries no_prob not_bad thumbs_up highly_recommend must_have game_changer on_point 👍 👏 🎊 💪`},
	{17, `;) ;-) ;o) ;^)`},
	{15, `😋 😜 😛 😝 🤪 🎈 💃 🕺 bad_ass no_doubt without_doubt without_a_doubt worth_it upper_hand 🙏 🤞 🏆`},
	{10, `can't_complain 😏 👊 🙆`},
	{5, `✋`},
	{0, `bus_stop at_least last_but_not_least the_best_part well_known as_well feel_like feels_like feeling_like felt_like looks_like
look_like looked_like sounds_like sound_like seems_like seem_like just_like something_like it's_like was_like were_like is_like are_like
🎲 ♋ ♦ ⏯ ⏰ ⏹ ▶ ⛔ ⚱ ✍ ⛑ 🃏 🆒 🈶 🎩 🎴 🏩 💁 💤 💣 💫 💬 💳 📏 📪 📭 📵 🔆 🔈 🔕 🔝 🔞 🔡 🔶 🔷 🔸 🔹 🕹 🖐 🗽 🙈 🙉 🙊 🚏 🚒 🚭 🚯 🚳 🚷
🛐 🛑 🥟 🥩 🧯 🧷 🎖 🤚 ☮`},
	{-10, `bored_out 🙄 😒 😑 😶 🤨 😬 🥱 😓 🤦 🤷`},
	{-15, `kiss_of_death yeah_right fed_up let_down 👎 😭 💀`},
	{-20, `😡 😣 hand_to_mouth waste_of_time waste_of_money never_again rip_off ripped_off broken_heart 🤢 😖 🤬 😤 🖕`},
	{-25, `piece_of_shit piece_of_crap can't_stand cant_stand 🤮 💩`},
}

// sharedWords have a weight in the lexicon and exist in other languages as well, so
// that they prove nothing about the language of a text.
const sharedWords = `no super fatal terrible horrible ideal bravo natural admirable grave fun solo tolerable fan fans hit legal
optimal normal positive sole chic ok okay lol omg haha hahaha jaja lmao wtf die war grand gross rot gut mal bon triste festival tender`

// mildWords are answers and fillers: people who rate them alone find more in them
// than people who read them in a sentence.
const mildWords = `yes yeah yep yup ok okay sure well want wants wanted like play playing played plays hand ready true top share shared
shares free dear easy help party fresh solid straight wish hope please win wins won interesting good fair better best care please
original playful luck creative active value certain certainly clear clearly natural huge special safe secure security matter
matters number kind agree agreed top interest interested join energy growth number credit heart god alert strong stop stops stopped
miss missed no block blocks pay leave forgot cut cuts lost lose hard low waste war fight demand strike gun drop cancel delay`

// unsureWords open a part of a sentence that says what is not so.
const unsureWords = `if would could should might wonder wondering would've could've should've wouldn't couldn't shouldn't supposed
expected unless`
