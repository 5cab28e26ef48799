package sentiment

// opinions are words of judgement, of reviews and of service that the lexicon lacks,
// in tenths of a weight. The list is our own.
var opinions = []struct {
	tenths int
	words  string
}{
	{30, `unforgettable unmissable breathtaking flawless flawlessly masterful masterfully masterpiece masterpieces unbeatable spectacular
spectacularly sublime exquisite exquisitely dazzling stellar phenomenal magnificent magnificently adore adored adores adoring`},
	{23, `gripping riveting enthralling engrossing absorbing captivating compelling mesmerizing mesmerising hypnotic spellbinding
heartwarming heartfelt uplifting exhilarating hilarious hilariously witty refreshing refreshingly poignant poignantly luminous
gorgeous gorgeously delectable scrumptious yummy delish mouthwatering comfy cozy cosy seamless seamlessly superbly terrifically
triumphant triumphantly timeless haunting unmatched unrivaled impeccable impeccably stunning stunningly mindblowing awesomeness
epic legendary amazeballs goosebumps must-see heartbreakingly enchanting enchantingly rewarding satisfyingly`},
	{16, `touching touchingly moving memorable funny funnier funniest fascinating fascinatingly thoughtful thoughtfully intelligent
intelligently insightful provocative nuanced layered imaginative inventive original ingenious accomplished skillful skillfully
skilful skilfully deft deftly crisp lively vivid vividly vibrant evocative quirky endearing lovable likable likeable bittersweet
sweetly tender tenderly amiable winning powerfully elegant elegantly stylish stylishly sleek graceful handsome handsomely
authentic authenticity sincere sincerity honest honestly wry wryly sly playful visionary ambitious daring bold assured polished
crafted wellmade top-notch fun entertaining entertainingly diverting suspenseful thrilling absorbing sumptuous lush lyrical
affecting observant perceptive humane remarkable noteworthy intriguing intriguingly intense provocatively resonant
tasty spotless spacious helpful courteous attentive punctual reliable durable sturdy affordable intuitive responsive
delivers worthwhile rewatch recommended recommend recommends recommending pumped stoked psyched hyped jazzed chuffed giddy
woohoo woot hooray hurrah yippee yum cheers congrats kudos props thx ty tysm luv lovin bestie cutie hottie amused amusing amusingly`},
	{10, `watchable solidly effective effectively convincing convincingly credible believable serviceable decent cool cooler classy neat
smooth smoothly quick prompt promptly easygoing thoughtfulness surprisingly fresh freshness rich richly subtle subtly
timely understated restrained atmospheric brisk briskly charismatic masterly unpretentious relaxing tranquil sunshine
rainbow finally birthday bday vacation whew phew neato daydreaming daydream snuggle snuggles snuggling`},
	{-10, `familiar slow slower thin uneven light slight overlong lengthy repetitive obvious obviously conventional ordinary average plain
generic routine standard odd oddly oddest minor loud louder flat flatly earnest manipulative melodramatic sentimental sentimentality
busy cluttered crowded messy choppy jarring awkwardly missing omits lightweight so-so meh unremarkable passable forced heavy-handed
rain raining rainy homework exam exams dentist cold chilly snowed late
delayed delays delay waiting waited pricey overdue cramped outdated slowly barely tv-movie unexceptional underdeveloped
confused unfinished tangled strained undistinguished unambitious`},
	{-16, `bland predictable predictably formulaic forgettable shallow hollow superficial superficially contrived cliche clichéd
cliché clichés cliched cliches derivative unoriginal unimaginative uninspired uninspiring pedestrian lifeless listless sluggish
plodding meandering rambling tepid lukewarm limp stale tired tiresome wearisome flimsy muddled murky incoherent incoherently
disjointed clumsy clumsily clunky stilted wooden stiff stuffy amateurish amateur sloppy sloppily half-baked overwrought
overblown overstuffed overlong bloated pretentious pretension pretensions preachy smug self-indulgent self-conscious cutesy
cloying saccharine sappy mawkish maudlin schmaltzy sugary treacly hokey corny cheesy tacky trite simplistic
implausible implausibly unconvincing unbelievable unbelievably far-fetched inept ineptly mediocre mediocrity lackluster
lacklustre pointlessly aimless aimlessly inane vapid vacuous witless humorless humourless unfunny laughless joyless charmless
lazy laziness lazily leaden ponderous draggy drags dragging dull duller dullness dully tedious tediously tedium monotonous
snooze snoozer yawn yawner drab dreary drearily grating irritating irritatingly annoyingly obnoxious crass crude crudely
exploitative gratuitous gimmicky gimmick contrivance contrivances misfire misfires misguided misconceived miscast mishmash
hodgepodge mess messes rehash retread ripoff knockoff wannabe smh fml ffs
vomit puke puking puked barf migraine migraines flu overslept uninvolving uninteresting unengaging unappealing unsatisfying
unfulfilling unpleasant unpleasantly insufferable unwatchable underwhelming overrated overhyped overpriced skip
soulless spineless sitcom sitcomish stereotypical stereotypes caricature caricatures contrivedly dated dopey goofy
faulty defective buggy laggy glitchy glitch glitches crashes crashing freezes unusable unresponsive unhelpful unreliable
unprofessional incompetent clueless dirty filthy stinks stinky smelly greasy soggy stale undercooked overcooked flavorless
flavourless tasteless inedible undelivered misleading scammy spam spammy broke cancelled canceled
bummed bummer ugh ughh argh grr eww ew blech yuck yucky gross nauseating nausea grossed whiny hungover headache sleepless
sore sneezing insomnia traffic hack headaches cringe cringy cringey undone undeserved inappropriate anemic turgid
indifferent indifferently inexplicable inexplicably flounders floundering falters wears drivel schlock muck claptrap`},
	{-24, `garbage trash trashy rubbish crap crappy crapfest atrocious atrociously abysmal abysmally dreadful dreadfully awful awfully
unbearable unbearably excruciating excruciatingly appalling execrable godawful wretched wretchedly turkey clunker stinker dud
flop flops fiasco bomb bombs trainwreck disaster disastrous dire putrid vile repulsive repugnant revolting scam scammed scammers
scammer fraudsters ripoffs con-artist worthless useless stupidest dumbest suckfest suckage sucky reeks stench rot
insulting insultingly idiotic moronic imbecilic asinine brainless mindless mindlessly braindead`},
}
