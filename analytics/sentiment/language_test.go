package sentiment

import (
	"strings"
	"testing"
)

// Posts and comments of our own, as people write them to brands; one a line.
//
//nolint:misspell // they are no English
var byLanguage = map[string]string{
	"spanish": `El pedido llegó tarde y nadie contesta el teléfono
Me encanta este producto, lo recomiendo a todos
Gracias por la ayuda, muy amables
¿Cuándo abren la tienda nueva en Sevilla?
No me gusta nada el color
Qué servicio tan terrible, es fatal
Todo perfecto, como siempre
La película es muy buena pero larga
Feliz cumpleaños a mi hermana
Estoy esperando una respuesta desde el lunes
Super contenta con mi compra
Vamos a la playa este fin de semana`,
	"french": `La commande est arrivée en retard et personne ne répond
J'adore ce produit, je le recommande
Merci pour votre aide, c'est très gentil
Quand est-ce que le magasin ouvre à Lyon ?
Je n'aime pas du tout la couleur
Le service client est horrible, une honte
Tout est parfait comme toujours
Un film magnifique mais trop long
Bon anniversaire à ma sœur
J'attends une réponse depuis lundi
Super content de mon achat
On va à la plage ce week-end`,
	"german": `Die Bestellung kam zu spät und niemand geht ans Telefon
Ich liebe dieses Produkt und empfehle es allen
Danke für die Hilfe, sehr nett
Wann macht der neue Laden in Köln auf?
Die Farbe gefällt mir gar nicht
Der Service ist eine Katastrophe, einfach fatal
Alles super, wie immer
Der Film ist gut, aber zu lang
Alles Gute zum Geburtstag an meine Schwester
Ich warte seit Montag auf eine Antwort
Bin mit dem Kauf sehr zufrieden
Wir fahren am Wochenende an den See`,
	"italian": `Il pacco è arrivato in ritardo e nessuno risponde
Adoro questo prodotto, lo consiglio a tutti
Grazie per l'aiuto, siete molto gentili
Quando apre il nuovo negozio a Torino?
Il colore non mi piace per niente
Un servizio terribile, che vergogna
Tutto perfetto come sempre
Il film è bello ma troppo lungo
Buon compleanno a mia sorella
Aspetto una risposta da lunedì
Sono molto contenta del mio acquisto
Questo fine settimana andiamo al mare`,
	"portuguese": `O pedido chegou atrasado e ninguém atende o telefone
Amo este produto, recomendo a todos
Obrigada pela ajuda, muito simpáticos
Quando abre a loja nova no Porto?
Não gosto nada da cor
Que serviço horrível, uma vergonha
Tudo perfeito como sempre
O filme é bom mas muito longo
Feliz aniversário para minha irmã
Estou esperando uma resposta desde segunda
Super feliz com a minha compra
Vamos para a praia no fim de semana`,
	"dutch": `De bestelling kwam te laat en niemand neemt de telefoon op
Ik hou van dit product en raad het iedereen aan
Bedankt voor de hulp, heel aardig
Wanneer gaat de nieuwe winkel in Utrecht open?
De kleur vind ik helemaal niet mooi
Wat een slechte service, echt een ramp
Alles perfect zoals altijd
De film is goed maar te lang
Gefeliciteerd met de verjaardag van mijn zus
Ik wacht al sinds maandag op antwoord
Super blij met mijn aankoop
We gaan dit weekend naar het strand`,
	"swedish": `Paketet kom för sent och ingen svarar i telefonen
Jag älskar den här produkten
Tack för hjälpen, mycket vänligt
När öppnar den nya butiken i Malmö?
Jag gillar inte färgen alls
Vilken dålig service, helt hopplöst
Allt perfekt som alltid
Filmen är bra men för lång
Grattis på födelsedagen till min syster
Jag har väntat på svar sedan i måndags
Super nöjd med mitt köp
Vi åker till stranden i helgen`,
	"polish": `Paczka przyszła za późno i nikt nie odbiera telefonu
Uwielbiam ten produkt, polecam wszystkim
Dziękuję za pomoc, bardzo miło
Kiedy otwiera się nowy sklep w Krakowie?
Kolor w ogóle mi się nie podoba
Fatalna obsługa, po prostu wstyd
Wszystko super jak zawsze
Film jest dobry, ale za długi
Wszystkiego najlepszego dla mojej siostry
Czekam na odpowiedź od poniedziałku
Jestem bardzo zadowolona z zakupu
W weekend jedziemy nad morze`,
	"turkish": `Sipariş çok geç geldi ve kimse telefona bakmıyor
Bu ürünü çok seviyorum, herkese tavsiye ederim
Yardım için teşekkürler
Yeni mağaza ne zaman açılıyor?
Rengini hiç beğenmedim
Berbat bir hizmet, gerçekten rezalet
Her şey harika
Film güzel ama çok uzun
Doğum günün kutlu olsun kardeşim
Pazartesiden beri cevap bekliyorum
Aldığım üründen çok memnunum
Hafta sonu denize gidiyoruz`,
	"indonesian": `Pesanan datang terlambat dan tidak ada yang menjawab telepon
Saya suka sekali produk ini
Terima kasih untuk bantuannya
Kapan toko baru di Bandung buka?
Saya tidak suka warnanya
Pelayanan yang sangat buruk
Semua sempurna seperti biasa
Filmnya bagus tapi terlalu panjang
Selamat ulang tahun untuk adik saya
Saya menunggu jawaban sejak hari Senin
Puas sekali dengan pembelian ini
Akhir pekan kami ke pantai`,
	"other scripts": `Заказ пришёл поздно и никто не отвечает
Мне очень нравится этот товар, спасибо
Дякую за допомогу, дуже приємно
Η παραγγελία άργησε και κανείς δεν απαντά
الطلب وصل متأخرا ولا أحد يرد
המשלוח הגיע באיחור ואף אחד לא עונה
注文が遅れて届きました。最悪です
とても良い商品です！ありがとう
包裹来得太晚了，没有人接电话
我非常喜欢这个产品 iPhone
배송이 너무 늦었어요 😡
यह उत्पाद बहुत अच्छा है
สินค้าดีมาก ขอบคุณค่ะ
LOVE это приложение работает отлично каждый день`,
}

// fresh were written after the check was finished, and changed nothing in it.
var fresh = map[string]string{
	"spanish":       "¿Alguien sabe si hacen envíos a Chile?\nNos vemos mañana en el directo\nMuy mala experiencia, no vuelvo",
	"french":        "Quelqu'un sait si vous livrez en Belgique ?\nÀ demain pour le direct\nTrès mauvaise expérience",
	"german":        "Weiß jemand, ob ihr nach Österreich liefert?\nBis morgen im Livestream\nSehr schlechte Erfahrung, nie wieder",
	"italian":       "Qualcuno sa se spedite in Svizzera?\nCi vediamo domani in diretta\nPessima esperienza",
	"portuguese":    "Alguém sabe se enviam para os Açores?\nAté amanhã no direto\nPéssima experiência",
	"dutch":         "Weet iemand of jullie ook naar België verzenden?\nTot morgen in de livestream\nHele slechte ervaring",
	"scandinavian":  "Vet någon om ni skickar till Norge?\nVi ses i morgon\nHar noen prøvd den nye appen?",
	"polish":        "Czy ktoś wie, czy wysyłacie do Czech?\nDo zobaczenia jutro na żywo",
	"turkish":       "Almanya'ya gönderim var mı?\nYarın canlı yayında görüşürüz",
	"indonesian":    "Apakah bisa kirim ke Malaysia?\nSampai jumpa besok di siaran langsung",
	"no list of it": "Sziasztok, mikor nyit az új bolt?\nMilloin uusi kauppa avataan?\nCând se deschide magazinul nou?\nKada se otvara nova trgovina?",
}

const englishPosts = `The parcel came late and nobody answers the phone
I love this product and recommend it to everyone
Thanks for the help, so kind of you
When does the new shop in Leeds open?
Not a fan of the colour tbh
Terrible service, a complete joke
All perfect as always
Good film but far too long
Happy birthday to my little sister
Been waiting for a reply since Monday
So happy with my new boots
Off to the beach this weekend
Worst. Update. Ever.
Great news!
lol
omg yes
Nice one
Still no answer from support
Meeting moved to 3pm
New video is up, link in bio
Is this available in blue?
Where can I buy these?
How much is shipping to Canada?
Delivery in two days, well done
App keeps crashing on my phone
This made my day
Refund please
Can't log in since the last update
Beautiful shots from the café in São Paulo
Our naïve plan worked
Loved the tacos and the margaritas at La Casa de Oro
Best croissant outside of Paris
My mum's garden in June
Shipped today, thank you
Out of stock again?
Who designed this?
Just finished reading chapter one
That was awkward
I hate Mondays
Stop sending me emails
Where is my order
Price went up again
Five stars from me
Would buy again
Disappointed with the quality
The staff were friendly and the room was clean
Does it come with a charger?
Running late, sorry
Coffee first
Good morning everyone
Congrats to the whole team
We launched our summer sale
Join us on Friday for the live stream
Tickets are on sale now
Look at this view
Wow just wow
Never again
Absolutely gorgeous
Can you help me with my invoice?
Photo of the week`

func TestLanguageCheckOnFreshTexts(t *testing.T) {
	scored, all := 0, 0
	for language, posts := range fresh {
		for post := range strings.Lines(posts) {
			all++
			if s := Analyze(strings.TrimSpace(post)); s.Scored() {
				scored++
				t.Logf("%s, and scored as %s: %q", language, s.Class, strings.TrimSpace(post))
			}
		}
	}
	t.Logf("of %d fresh posts in other languages %d are scored", all, scored)
	if scored*10 > all {
		t.Error("more than a tenth")
	}
}

func TestLanguageCheck(t *testing.T) {
	scored, all := 0, 0
	for language, posts := range byLanguage {
		for post := range strings.Lines(posts) {
			all++
			s := Analyze(strings.TrimSpace(post))
			checkWhole(t, post, s)
			if s.Scored() {
				scored++
				t.Logf("%s, and scored as %s: %q", language, s.Class, strings.TrimSpace(post))
			}
		}
	}
	t.Logf("of %d posts in other languages %d are scored, %.1f %%", all, scored, 100*float64(scored)/float64(all))
	if scored*50 > all {
		t.Errorf("more than 2 %% of other languages are scored")
	}
	missed, own := 0, 0
	for post := range strings.Lines(englishPosts) {
		own++
		if s := Analyze(strings.TrimSpace(post)); !s.Scored() {
			missed++
			t.Logf("English, and %s: %q", s.State, strings.TrimSpace(post))
		}
	}
	t.Logf("of %d English posts %d are not scored, %.1f %%", own, missed, 100*float64(missed)/float64(own))
	if missed*20 > own {
		t.Errorf("more than 5 %% of English posts are not scored")
	}
}

func TestEmojiHaveNoLanguage(t *testing.T) {
	for text, want := range map[string]Class{"😍😍": Positive, "😡": Negative, ":-(": Negative, "❤️": Positive, "👍🏽": Positive} {
		if s := Analyze(text); s.Class != want {
			t.Errorf("%q is %+v", text, s)
		}
	}
	if s := Analyze("das ist nicht mein Paket 😍"); s.Scored() {
		t.Errorf("an emoji makes German English: %+v", s)
	}
}
