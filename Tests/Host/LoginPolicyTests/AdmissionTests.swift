import LoginPolicy
import Testing

/// The table of the issue, cell by cell.
///
/// Exempt users do not get here.
struct AdmissionTests {
    typealias Cell = (state: AccountState, mode: EnrolmentRules.Mode, graceIsOver: Bool, admission: Admission)

    private static let excused = Admission.decided(Decision(.excused, .optional))
    private static let notEnrolled = Admission.decided(
        Decision(
            .denied, .notEnrolled,
            finalMessage:
                "You must set up a second factor before you can log in. Contact your administrator."
        ))
    private static let graceOver = Admission.decided(
        Decision(
            .denied, .graceOver,
            finalMessage: "You must set up a second factor before you can log in. Contact your administrator."))

    static let table: [Cell] = [
        (.none, .optional, false, excused),
        (.none, .optional, true, excused),
        (.none, .grace, false, .needsGrace),
        (.none, .grace, true, graceOver),
        (.none, .required, false, notEnrolled),
        (.none, .required, true, notEnrolled),
        (.linked, .optional, false, .needsFactor(.free)),
        (.linked, .optional, true, .needsFactor(.free)),
        (.linked, .grace, false, .needsFactor(.spending)),
        (.linked, .grace, true, .needsFactor(.none)),
        (.linked, .required, false, .needsFactor(.none)),
        (.linked, .required, true, .needsFactor(.none)),
        (.confirmed, .optional, false, .needsFactor(.none)),
        (.confirmed, .optional, true, .needsFactor(.none)),
        (.confirmed, .grace, false, .needsFactor(.none)),
        (.confirmed, .grace, true, .needsFactor(.none)),
        (.confirmed, .required, false, .needsFactor(.none)),
        (.confirmed, .required, true, .needsFactor(.none)),
    ]

    private func admission(_ cell: Cell, isKnown: Bool = true) -> Admission {
        Admission(isKnown: isKnown, state: cell.state, mode: cell.mode, graceIsOver: cell.graceIsOver, texts: english)
    }

    @Test("Account and mode decide as the table says", arguments: table)
    func cell(cell: Cell) { #expect(admission(cell) == cell.admission) }

    @Test("The table has every cell once")
    func wholeTable() {
        let cells = Set(Self.table.map { "\($0.state) \($0.mode) \($0.graceIsOver)" })
        #expect(cells.count == AccountState.allCases.count * EnrolmentRules.Mode.allCases.count * 2)
        #expect(cells.count == Self.table.count)
    }

    @Test("A name that the system does not know is asked for a factor without a way round it", arguments: table)
    func unknown(cell: Cell) { #expect(admission(cell, isKnown: false) == .needsFactor(.none)) }

    @Test("Nothing that is decided before the asking is an approval", arguments: table)
    func neverApproved(cell: Cell) {
        guard case .decided(let decision) = admission(cell) else { return }
        #expect(decision.outcome != .approved && decision.factor == nil && decision.spentTimeStep == nil)
    }
}
