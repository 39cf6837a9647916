import Testing

@testable import Identifiers
@testable import LoginPolicy

/// The offer to enrol in the login itself.
struct EnrolmentFlowTests {
    @Test("Number, code by SMS, done; what is shown of the number is masked")
    func enrols() {
        play(alice(), registering + [(.registered(authyID(77)), [enrolled()])])
        #expect(
            english.enrolled(number)
                == "Phone +49-XXX-XXX-XX18 is set up. From your next login on, you confirm with it.")
    }

    @Test("A number is charged as a code before the server hears of it, and a code as a try before it is checked")
    func chargedFirst() {
        var flow = flow(alice(), after: offered)
        #expect(flow.handle(says("+4915112345618")) == [.chargeOneCode])
        flow = LoginPolicyTests.flow(alice(), after: codeSent)
        #expect(flow.handle(says("1234567")) == [.chargeTry])
    }

    @Test("skip, in any case, spends the grace login that there is anyway", arguments: ["skip", " SKIP\n"])
    func skips(word: String) {
        play(alice(), offered + givesUp(at: says(word)))
        play(alice(), codeSent + givesUp(at: says(word)))
    }

    @Test("An empty line asks again, and a second one is a skip")
    func enterTwice() {
        play(
            alice(),
            offered + [(says(""), [.show(english[.enterAgain]), .ask(NumberPrompts.plain)])] + givesUp(at: says(" ")))
        play(
            alice(),
            offered + [
                (says(""), [.show(english[.enterAgain]), .ask(NumberPrompts.plain)]),
                (says("x"), [.show(english[.noNumber]), .ask(NumberPrompts.plain)]),
                (says(""), [.show(english[.enterAgain]), .ask(NumberPrompts.plain)]),
                (silent, [.end(Decision(.denied, .cancelled))]),
            ])
    }

    @Test("Where no grace login is left after all, a skip is refused")
    func noneLeft() {
        play(
            alice(),
            offered + [
                (says("skip"), [.spendGrace]),
                (.graceSpent(left: nil), [.end(Decision(.denied, .graceOver, finalMessage: english[.notEnrolled]))]),
            ])
    }

    @Test(
        "No answer at a terminal gives up; a client that shows no prompts gets in as if nothing had been offered"
    )
    func noAnswer() {
        play(alice(), offered + [(silent, [.end(Decision(.denied, .cancelled))])])
        play(alice { $0.mayBeDeaf = true }, offered + givesUp(at: silent))
        play(alice { $0.mayBeDeaf = true }, codeSent + [(silent, [.end(Decision(.denied, .cancelled))])])
        play(
            alice { $0.mayBeDeaf = true },
            offered + [
                (says("x"), [.show(english[.noNumber]), .ask(NumberPrompts.plain)]),
                (silent, [.end(Decision(.denied, .cancelled))]),
            ])
    }

    @Test(
        "What is no number goes nowhere",
        arguments: [
            "5", "+", "+49", "++4915112345618", "+49151123456181234", "00490", "alice", "\u{2167}151123456",
            "5550100123.0",
            "0151 12345618 ext 5", "+49151\u{0}12345", "+4915112345618;x",
        ])
    func noNumber(text: String) {
        var flow = flow(alice(), after: offered)
        #expect(flow.handle(says(text)) == [.show(english[.noNumber]), .ask(NumberPrompts.plain)])
    }

    @Test("Without a country code in the settings a number has to name its own")
    func noCountryCode() {
        var flow = flow(alice { $0.rules.countryCode = nil }, after: offered)
        #expect(flow.handle(says("0151 12345618")) == [.show(english[.noNumber]), .ask(NumberPrompts.plain)])
        #expect(flow.handle(says("+49 151 12345618")) == [.chargeOneCode])
    }

    @Test("Wrong numbers cost nothing but the tries: after the last of them the login passes on grace")
    func wrongNumbers() {
        play(
            alice(),
            offered + [
                (says("x"), [.show(english[.noNumber]), .ask(NumberPrompts.plain)]),
                (says("151 12345618"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.sms, to: number)]),
                (.sendFailed(.invalid), [.show(english[.numberRefused]), .ask(NumberPrompts.plain)]),
            ] + givesUp(at: says("y"), saying: english[.noNumber]))
    }

    @Test("Wrong codes cost nothing but the tries: after the last of them the login passes on grace")
    func wrongCodes() {
        let again: OfferScript = [(.checked(false), [.show(english[.wrongSentCode]), .ask(NumberPrompts.code)])]
        let tried: OfferScript = checking.suffix(2)
        play(
            alice(),
            checking + again + tried + again + tried + givesUp(at: .checked(false), saying: english[.wrongSentCode]))
    }

    @Test("What cannot be read as a code is no try")
    func unreadableCodes() {
        let again: OfferScript = [(says("12x"), [.show(english[.noCode]), .ask(NumberPrompts.code)])]
        play(
            alice(),
            codeSent + again + again + again + again + givesUp(at: says("abcd-efgh-jkmn"), saying: english[.noCode]))
    }

    @Test("A code can be sent again and by call, each charged, and the way of the last one is the factor")
    func resends() {
        play(
            alice(),
            codeSent + [
                (says("sms"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.sms, to: number)]),
                (.sent, [.show(sentText), .ask(NumberPrompts.code)]),
                (says("call"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.call, to: number)]),
                (
                    .sent,
                    [
                        .show(
                            """
                            You are being called with a code at +49-XXX-XXX-XX18. \
                            Type it, or another number beginning with +.
                            """
                        ),
                        .ask(NumberPrompts.code),
                    ]
                ),
            ] + registering.suffix(3) + [(.registered(authyID(77)), [enrolled(by: .call)])])
    }

    @Test("A code that may not be sent again is not sent")
    func resendRefused() {
        play(
            alice(),
            codeSent + [
                (says("call"), [.chargeOneCode]),
                (.oneCodeCharged(granted: false), [.show(english[.tooManyOneCodes]), .ask(NumberPrompts.code)]),
                (silent, [.end(Decision(.denied, .cancelled))]),
            ])
    }

    @Test("Another number takes the place of the one before, and only a code sent to it counts")
    func otherNumber() {
        let other = phoneNumber("+15551230001")
        play(
            alice(),
            codeSent + [
                (says("+1 555 123-0001"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.sms, to: other)]),
                (.sent, [.show(english.codeSent(.sms, to: other)), .ask(NumberPrompts.code)]),
                (says("1234567"), [.chargeTry]), (.tryCharged(granted: true), [.check(code("1234567"), of: other)]),
                (.checked(true), [.register(other)]), (.registered(authyID(78)), [enrolled(78, other)]),
            ])
    }

    @Test("Where another number may not be sent a code, the number before is forgotten")
    func otherNumberRefused() {
        play(
            alice(),
            codeSent + [
                (says("+15551230001"), [.chargeOneCode]),
                (.oneCodeCharged(granted: false), [.show(english[.tooManyOneCodes]), .ask(NumberPrompts.plain)]),
            ] + givesUp(at: says("skip")))
    }

    @Test("Codes are sent by the ways that are factors, the first of them unasked")
    func ways() {
        play(
            alice { $0.factors = [.oneTouch, .call] },
            sending.prefix(2) + [
                (.oneCodeCharged(granted: true), [.send(.call, to: number)]),
                (.sent, [.show(english.codeSent(.call, to: number)), .ask("Verification code (or call, skip): ")]),
                (says("sms"), [.show(english[.noSuchWord]), .ask("Verification code (or call, skip): ")]),
                (silent, [.end(Decision(.denied, .cancelled))]),
            ])
        #expect(alice { $0.factors = [.oneTouch, .softToken, .recovery] }.ways == [])
    }

    @Test("A code that could not be sent is not taken, and another way can be chosen")
    func notSent() {
        play(
            alice(),
            sending + [
                (.sendFailed(.refused), [.show(english[.oneCodeNotSent]), .ask(NumberPrompts.noCode)]),
                (says("1234567"), [.show(english[.noSuchWord]), .ask(NumberPrompts.noCode)]),
                (says("call"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.call, to: number)]),
                (.sent, [.show(english.codeSent(.call, to: number)), .ask(NumberPrompts.code)]),
            ] + registering.suffix(3) + [(.registered(authyID(77)), [enrolled(by: .call)])])
    }

    @Test("A server that is out of reach, or cannot be used, leads to the grace login")
    func serverDown() {
        play(alice(), sending + givesUp(at: .sendFailed(.outage), saying: english[.serverSilent]))
        play(alice { $0.tries = 1 }, checking + givesUp(at: .checkFailed(.outage), saying: english[.serverSilent]))
        play(
            alice(),
            checking + [(.checkFailed(.refused), [.show(english[.serverRefuses]), .ask(NumberPrompts.code)])]
                + registering.suffix(3)
                + [(.registered(authyID(77)), [enrolled()])])
        play(alice(), registering + givesUp(at: .registerFailed(.outage), saying: english[.serverSilent]))
        play(alice(), registering + givesUp(at: .registerFailed(.refused), saying: english[.serverRefuses]))
    }

    @Test("A number that was proven, but may not be this person's, costs a try")
    func registrationRefused() {
        play(
            alice(),
            registering + [(.registerFailed(.invalid), [.show(english[.numberRefused]), .ask(NumberPrompts.plain)])]
                + givesUp(at: says("skip")))
    }

    @Test("A number that takes no code any more keeps the code that it has")
    func resendInvalid() {
        play(
            alice(),
            codeSent + [
                (says("sms"), [.chargeOneCode]), (.oneCodeCharged(granted: true), [.send(.sms, to: number)]),
                (.sendFailed(.invalid), [.show(english[.oneCodeNotSent]), .ask(NumberPrompts.code)]),
            ] + registering.suffix(3) + [(.registered(authyID(77)), [enrolled()])])
    }

    @Test("Where codes are locked, no code is checked")
    func locked() {
        play(
            alice(),
            codeSent + [(says("1234567"), [.chargeTry])]
                + givesUp(at: .tryCharged(granted: false), saying: english[.lockedUsePhone]))
    }

    @Test("After the deadline nothing is begun any more, and nobody gets in")
    func late() {
        let tooLate = OfferAction.end(Decision(.denied, .timeout, finalMessage: english[.timeout]))
        for text in ["", "skip", "+4915112345618", "x"] {
            play(alice(), offered + [(.deadline, []), (says(text), [tooLate])])
        }
        for text in ["", "skip", "1234567", "call"] {
            play(alice(), codeSent + [(.deadline, []), (says(text), [tooLate])])
        }
        for script in [sending, checking, registering] { play(alice(), script + [(.deadline, [tooLate])]) }
        play(alice { $0.mayBeDeaf = true }, offered + [(.deadline, []), (silent, [.end(Decision(.denied, .timeout))])])
    }

    @Test("Ctrl-C between two prompts ends the login; at a prompt it is the conversation's")
    func interrupted() {
        for script in [sending, checking, registering] {
            play(alice(), script + [(.interrupted, [.end(Decision(.denied, .cancelled))])])
        }
        play(alice(), offered + [(.interrupted, [])] + givesUp(at: says("skip")))
    }

    @Test("In a login that sshd will refuse it looks as it does in others, and nothing is sent")
    func sshdRefuses() {
        let typed = says("\u{8}\n\r\u{7F}")
        play(
            alice { $0.mayBeDeaf = true },
            offered + [
                (typed, [.show(english[.noNumber]), .ask(NumberPrompts.plain)]),
                (typed, [.show(english[.noNumber]), .ask(NumberPrompts.plain)]),
                (typed, [.end(Decision(.denied, .sshdRefuses, finalMessage: english[.noNumber]))]),
            ])
        for text in ["skip", "", "0151 12345618"] {
            var flow = flow(alice(), after: offered + [(typed, [])])
            #expect(flow.handle(says(text)) == [.show(english[.noNumber]), .ask(NumberPrompts.plain)])
        }
    }

    @Test("Answers that mean nothing end the offer, not the login")
    func fruitless() {
        let again: OfferScript = Array(
            repeating: (says("push"), [.show(english[.noSuchWord]), .ask(NumberPrompts.plain)]), count: 4)
        play(alice(), offered + again + givesUp(at: says("push"), saying: english[.noSuchWord]))
    }

    @Test("The settings' own text takes the place of ours, which tells the last day too")
    func text() {
        var flow = EnrolmentFlow(alice { $0.rules.atLoginText = "Enrol today." })
        #expect(flow.handle(.begin) == [.show("Enrol today."), .ask(NumberPrompts.plain)])
        flow = EnrolmentFlow(alice { $0.rules.atLoginText = "%n logins are left, %n%%n" })
        #expect(flow.handle(.begin) == [.show("3 logins are left, 3%3"), .ask(NumberPrompts.plain)])
        let day = CivilDay(year: 2027, month: 3, day: 31)
        #expect(
            english.offer(left: 1, until: day)
                == "You can log in 1 more time without a second factor, until 2027-03-31. "
                + "Enter your mobile number to enroll now, or type skip."
        )
    }

    // MARK: never

    static let wants: OfferScript =
        offered.map { ($0.event, [$0.actions[0], .ask(NumberPrompts.never)]) } + [
            (says("never"), [.show(english[.optOut]), .ask(NumberPrompts.name)])
        ]

    @Test("never argues against it, and only the user's own name confirms it")
    func never() {
        play(
            alice { $0.rules.optOut = .yes },
            Self.wants + [(says(" alice\n"), [.optOut(Decision(.excused, .optedOut))])])
        for text in ["", "Alice", "never", "yes", "alice alice", "alic\u{65}\u{301}"] {
            play(
                alice { $0.rules.optOut = .yes },
                Self.wants + [(says(text), [.show("You have not opted out."), .ask(NumberPrompts.never)])]
                    + givesUp(at: says("skip")))
        }
        play(alice { $0.rules.optOut = .yes }, Self.wants + [(silent, [.end(Decision(.denied, .cancelled))])])
    }

    @Test("Where opting out lasts as long as grace, it spends a grace login at once, and is refused without one")
    func neverOnGrace() {
        let confirmed = Self.wants + [(says("alice"), [.spendGrace])]
        play(
            alice { $0.rules.optOut = .grace },
            confirmed + [
                (
                    .graceSpent(left: 1),
                    [.optOut(Decision(.excused, .optedOut, finalMessage: english.grace(left: 1, until: nil)))]
                )
            ])
        play(
            alice { $0.rules.optOut = .grace },
            confirmed + [
                (.graceSpent(left: nil), [.end(Decision(.denied, .graceOver, finalMessage: english[.notEnrolled]))])
            ])
    }

    @Test("Where opting out is not allowed, never does nothing")
    func neverRefused() {
        play(
            alice(),
            offered + [(says("never"), [.show(english[.noSuchWord]), .ask(NumberPrompts.plain)])]
                + givesUp(at: says("skip")))
    }

    @Test("The settings' own text argues in place of ours")
    func optOutText() {
        var flow = flow(alice { ($0.rules.optOut, $0.rules.optOutText) = (.yes, "Think again.") }, after: offered)
        #expect(flow.handle(says("never")) == [.show("Think again."), .ask(NumberPrompts.name)])
    }

    @Test("A name that sshd's stand-in takes the place of opts nobody out")
    func neverHopeless() {
        var flow = flow(alice { ($0.rules.optOut, $0.tries) = (.yes, 1) }, after: Self.wants)
        #expect(
            flow.handle(says("\u{8}")) == [.end(Decision(.denied, .sshdRefuses, finalMessage: english[.notOptedOut]))])
    }
}
