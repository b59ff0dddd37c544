import Foundation

/// What a plain reading of the policy says about one recorded write.
struct Opinion {
  var run: String
  /// The place of the call among all calls of the run, from 0.
  var index: Int
  var tool: String
  var reward: Double
  /// The rules that forbid it (or send it to a human), in order of their names.
  var forbiddenBy: [String]
}

/// A second, plain judge of the recorded runs: one function per rule over the database. It knows
/// nothing of specs, conditions or the guard; it only shares the names of the rules.
struct SecondOpinion {
  static let writes: Set<String> = [
    "book_reservation", "cancel_reservation", "update_reservation_flights",
    "update_reservation_baggages", "update_reservation_passengers", "send_certificate",
    "transfer_to_human_agents",
  ]
  static let today = "2024-05-15"
  static let now = "2024-05-15T15:00:00"
  static let dayBefore = "2024-05-14T15:00:00"

  let flights: Plain
  let users: Plain
  var reservations: Plain

  // What the agent has seen and done so far.
  var readReservations: Set<String> = []
  var readProfiles: [String] = []
  var staleMethods: Set<String> = []
  var searched: Set<String> = []
  var realCabin: [String: String] = [:]
  var touched: Set<String> = []
  var cancelled: Set<String> = []
  var transferred = false

  // What came before what.
  var fetched: Set<String> = []
  var bookedHere: Set<String> = []
  var questionIsOpen = false

  // What was said.
  var userTexts: [String] = []
  var agentTexts: [String] = []
  var spokenBeforeUser = false
  var usedUp: Set<String> = []

  init(database: Plain) {
    flights = database["flights"]
    users = database["users"]
    reservations = database["reservations"]
  }

  /// Every write of a run with the rules that forbid it.
  static func judge(_ run: RecordedRun, database: Plain) -> [Opinion] {
    var state = SecondOpinion(database: database)
    var opinions: [Opinion] = []
    var index = 0
    var pending: (name: String, arguments: Plain)?
    for message in run.messages {
      switch message.role {
      case "user":
        state.hearUser(message.content ?? "")
      case "assistant":
        let text = message.content ?? ""
        if !text.isEmpty {
          state.agentTexts.append(text)
          state.questionIsOpen = state.says(text, Self.question)
        }
        for call in message.calls {
          if writes.contains(call.name) {
            let rules = state.forbidding(call.name, call.arguments, beside: text)
            opinions.append(
              Opinion(
                run: run.id, index: index, tool: call.name, reward: run.reward, forbiddenBy: rules))
            if rules.isEmpty { state.usedUp.insert("\(call.name) \(call.arguments)") }
          }
          pending = call
          index += 1
        }
      default:
        if let call = pending { state.fold(call.name, call.arguments, message.content ?? "") }
        pending = nil
      }
    }
    return opinions
  }

  mutating func hearUser(_ text: String) {
    spokenBeforeUser = !agentTexts.isEmpty
    userTexts.append(text)
    questionIsOpen = false
    usedUp = []
  }

  /// Applies a recorded answer.
  mutating func fold(_ tool: String, _ args: Plain, _ answer: String) {
    if answer.hasPrefix("Error") { return }
    let result = Plain(json: answer) ?? .text(answer)
    let id = args["reservation_id"].string
    if tool == "transfer_to_human_agents" { questionIsOpen = false }
    switch tool {
    case "get_user_details":
      readProfiles.append(args["user_id"].string)
      staleMethods.remove(args["user_id"].string)
    case "get_reservation_details":
      readReservations.insert(id)
      fetched.insert(id)
    case "search_direct_flight":
      for flight in result.array {
        searched.insert(flight["flight_number"].string + "@" + args["date"].string)
      }
    case "search_onestop_flight":
      for flight in result.array.flatMap(\.array) {
        searched.insert(flight["flight_number"].string + "@" + flight["date"].string)
      }
    case "book_reservation":
      let booked = result["reservation_id"].string
      reservations = reservations.with(booked, result)
      readReservations.insert(booked)
      bookedHere.insert(booked)
      staleMethods.insert(args["user_id"].string)
    case "cancel_reservation":
      reservations = reservations.with(id, result)
      readReservations.insert(id)
      cancelled.insert(id)
      touched.insert(id)
    case "update_reservation_flights":
      reservations = reservations.with(id, result)
      readReservations.insert(id)
      realCabin[id] = args["cabin"].string
      touched.insert(id)
    case "update_reservation_baggages", "update_reservation_passengers":
      reservations = reservations.with(id, result)
      readReservations.insert(id)
    case "send_certificate":
      staleMethods.insert(args["user_id"].string)
    case "transfer_to_human_agents":
      transferred = true
    default:
      break
    }
  }

  func forbidding(_ tool: String, _ args: Plain, beside text: String) -> [String] {
    var rules: [String] = []
    func forbid(_ rule: String, unless fine: Bool) { if !fine { rules.append(rule) } }

    forbid("AIR-2", unless: text.isEmpty)
    if tool == "transfer_to_human_agents" {
      forbid("TRF-1", unless: mayTransfer)
      forbid("TRF-2", unless: !says(args["summary"].string, Self.headCount))
      forbid("step", unless: !transferred)
      return rules.sorted()
    }
    forbid("step", unless: !transferred && !(readProfiles.isEmpty && readReservations.isEmpty))
    forbid("AIR-1", unless: confirmed && !usedUp.contains("\(tool) \(args)"))
    forbid("AIR-20", unless: !questionIsOpen)
    switch tool {
    case "book_reservation": judgeBooking(args, forbid)
    case "send_certificate": judgeCertificate(args, forbid)
    default:
      let id = args["reservation_id"].string
      forbid("AIR-4", unless: readReservations.contains(id))
      forbid("AIR-18", unless: fetched.contains(id) || bookedHere.contains(id))
      forbid(
        "AIR-5", unless: readProfiles.first.map { $0 == reservations[id]["user_id"].string } ?? true
      )
      switch tool {
      case "cancel_reservation": judgeCancelling(id, forbid)
      case "update_reservation_flights": judgeFlights(id, args, forbid)
      case "update_reservation_baggages": judgeBags(id, args, forbid)
      default: judgePassengers(id, args, forbid)
      }
    }
    return rules.sorted()
  }

  // MARK: Words

  static let yes =
    #"(^|[.,:;!?]\s*)sure\b|\b(yes|yeah|yep|yup|oui|confirm(ed|ing)?|go ahead|proceed|please do|(looks?|everything.s) (good|great|perfect|correct)|sounds good)\b"#
  static let no =
    #"^\W*(no[,.!]* (don.t|do not|wait|stop)|no[.!]|nope|not yet|wait|hold on|stop)\b"#
    + #"|\b(don.t|do not|cannot|can.t|never|won.t)\b[^.,!?;]{0,20}\b(yes|confirm|go ahead|proceed)\b"#
    + #"|\b(hold off|rather not|actually,? no|yes or no)\b"#
    + #"|\b(before I|if I|(could|can|would) you( please)?)\b[^.,!?;]{0,12}\b(yes|confirm|go ahead|proceed)\b"#
  static let question = #"(\?|\bplease (confirm|reply|let me know|provide)\b)"#
  static let airlineCancelled =
    #"(\bairline\b.{0,40}\bcancel|\bcancell?ed by (the|your) airline|\bflights?\b.{0,20}\b(was|were|got|has been|have been|is|being) cancell?ed)"#
  static let headCount =
    #"\b(add|adding|remove|removing|drop|dropping|number of)\b[^.]{0,30}\bpassengers?\b"#

  func says(_ text: String, _ pattern: String) -> Bool {
    text.range(of: pattern, options: [.regularExpression, .caseInsensitive]) != nil
  }

  func said(_ texts: [String], word: String) -> Bool {
    texts.contains { text in
      text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }
        .contains { $0 == word.lowercased() }
    }
  }

  /// The last word of the user is a yes to something the agent wrote.
  var confirmed: Bool {
    guard spokenBeforeUser, let last = userTexts.last else { return false }
    return says(last, Self.yes) && !says(last, Self.no)
  }

  func saidAmount(_ amount: Double) -> Bool {
    let plain = agentTexts.map {
      $0.replacingOccurrences(of: #"(\d),(\d{3})\b"#, with: "$1$2", options: .regularExpression)
    }
    return said(plain, word: String(Int(amount)))
  }

  var mayTransfer: Bool {
    let asks =
      #"\b(human|supervisor|manager|representative|transfer me|someone (else|who)|speak (to|with)|escalat\w+|connect me)\b"#
    return userTexts.contains { says($0, asks) }
      || says(agentTexts.last ?? "", #"\b(transfer|human agent|connect you)"#)
  }

  // MARK: Facts

  func key(_ flight: Plain) -> String {
    flight["flight_number"].string + "@" + flight["date"].string
  }

  func segment(_ id: String, _ flight: Plain) -> Plain? {
    reservations[id]["flights"].array.first { key($0) == key(flight) }
  }

  /// Where a flight goes: as the reservation says, else as the schedule does (if it was searched).
  func ends(_ id: String?, _ flight: Plain) -> (from: String, to: String) {
    if let id, let segment = segment(id, flight) {
      return (segment["origin"].string, segment["destination"].string)
    }
    guard searched.contains(key(flight)) else { return ("", "") }
    let entry = flights[flight["flight_number"].string]
    return (entry["origin"].string, entry["destination"].string)
  }

  /// Whether each flight is known and leaves where the one before it arrives.
  func connected(_ id: String?, _ flights: [Plain]) -> Bool {
    let places = flights.map { ends(id, $0) }
    return places.allSatisfy { !$0.from.isEmpty }
      && zip(places, places.dropFirst()).allSatisfy { $0.to == $1.from }
  }

  func price(_ flight: Plain, _ cabin: String) -> Double {
    flights[flight["flight_number"].string]["dates"][flight["date"].string]["prices"][cabin].double
  }

  func cabin(_ id: String) -> String { realCabin[id] ?? reservations[id]["cabin"].string }

  func methods(_ user: String) -> Set<String> {
    guard readProfiles.contains(user), !staleMethods.contains(user) else { return [] }
    return Set(users[user]["payment_methods"].keys)
  }

  func freeBags(_ user: String, _ cabin: String) -> Double? {
    guard readProfiles.contains(user) else { return nil }
    let table: [String: [String: Double]] = [
      "regular": ["basic_economy": 0, "economy": 1, "business": 2],
      "silver": ["basic_economy": 1, "economy": 2, "business": 3],
      "gold": ["basic_economy": 2, "economy": 3, "business": 3],
    ]
    return table[users[user]["membership"].string]?[cabin]
  }

  func payable(_ id: String, _ payment: String) -> Bool {
    let reservation = reservations[id]
    return reservation["payment_history"].array.contains { $0["payment_id"].string == payment }
      || methods(reservation["user_id"].string).contains(payment)
  }

  /// A card that was just named by its last digits is the one that is charged.
  func isNamedCard(_ user: String, _ payment: String) -> Bool {
    guard payment.hasPrefix("credit_card") else { return true }
    func endings(_ text: String) -> [String] {
      let parts = text.lowercased().components(separatedBy: "ending in ").dropFirst()
      return parts.map { String($0.prefix(4)) }.filter { $0.count == 4 && Int($0) != nil }
    }
    var named = endings(userTexts.last ?? "")
    if named.isEmpty { named = endings(agentTexts.last ?? "") }
    if named.isEmpty { return true }
    guard methods(user).contains(payment) else { return false }
    return named.contains(users[user]["payment_methods"][payment]["last_four"].string)
  }

  // MARK: Rules

  typealias Forbid = (String, Bool) -> Void

  func judgeBooking(_ args: Plain, _ forbid: Forbid) {
    let user = args["user_id"].string
    let flights = args["flights"].array
    let people = Double(args["passengers"].array.count)
    let payments = args["payment_methods"].array
    let cabin = args["cabin"].string
    let sum = payments.reduce(0) { $0 + $1["amount"].double }
    let known = !flights.isEmpty && flights.allSatisfy { searched.contains(key($0)) }

    forbid("AIR-6", readProfiles.first == user)
    forbid("AIR-19", readProfiles.contains(user))
    forbid(
      "AIR-11",
      flights.allSatisfy { said(agentTexts, word: $0["flight_number"].string) } && saidAmount(sum))
    forbid("BOOK-1", known)
    if known {
      let first = ends(nil, flights[0])
      let last = ends(nil, flights[flights.count - 1])
      let there = flights.contains { ends(nil, $0).to == args["destination"].string }
      let oneWay = args["flight_type"].string == "one_way"
      let back = oneWay ? args["destination"].string : args["origin"].string
      forbid(
        "BOOK-2",
        first.from == args["origin"].string && last.to == back && there && connected(nil, flights))
      let fares = flights.reduce(0) { $0 + price($1, cabin) }
      let insurance = args["insurance"].string == "yes" ? 30.0 : 0
      let total = people * (fares + insurance) + 50 * args["nonfree_baggages"].double
      forbid("BOOK-7", sum == total)
    }
    forbid("BOOK-3", people >= 1 && people <= 5)
    forbid(
      "BOOK-4",
      args["passengers"].array.allSatisfy {
        !$0["first_name"].string.isEmpty && !$0["last_name"].string.isEmpty
      })
    forbid("PAY-1", payments.allSatisfy { isNamedCard(user, $0["payment_id"].string) })
    let mine = payments.allSatisfy { methods(user).contains($0["payment_id"].string) }
    forbid("BOOK-5", mine)
    if mine {
      func count(_ kind: String) -> Int {
        payments.count {
          users[user]["payment_methods"][$0["payment_id"].string]["source"].string == kind
        }
      }
      forbid(
        "BOOK-6", count("certificate") <= 1 && count("credit_card") <= 1 && count("gift_card") <= 3)
    }
    let free = freeBags(user, cabin)
    forbid(
      "BOOK-8",
      free.map {
        args["nonfree_baggages"].double == max(0, args["total_baggages"].double - $0 * people)
      } ?? false)
    forbid("BOOK-9", (agentTexts + userTexts).contains { says($0, #"\binsurance\b"#) })
  }

  func judgeFlights(_ id: String, _ args: Plain, _ forbid: Forbid) {
    let reservation = reservations[id]
    let flights = args["flights"].array
    let payment = args["payment_id"].string
    let newCabin = args["cabin"].string
    let words = [
      "basic_economy": #"\bbasic.economy\b"#, "economy": #"\beconomy\b"#,
      "business": #"\bbusiness\b"#,
    ]
    forbid(
      "AIR-8",
      said(agentTexts + userTexts, word: id)
        && flights.allSatisfy {
          segment(id, $0) != nil || said(agentTexts, word: $0["flight_number"].string)
        }
        && (newCabin == cabin(id)
          || agentTexts.contains { says($0, words[newCabin] ?? "never") })
    )
    let same =
      flights.count == reservation["flights"].array.count
      && flights.allSatisfy { segment(id, $0) != nil }
    forbid("MOD-1", cabin(id) != "basic_economy" || same)
    var route = false
    if let first = flights.first, let last = flights.last {
      let from = reservation["origin"].string
      let to = reservation["destination"].string
      let oneWay = reservation["flight_type"].string == "one_way"
      route =
        ends(id, first).from == from && ends(id, last).to == (oneWay ? to : from)
        && (oneWay || flights.contains { ends(id, $0).to == to }) && connected(id, flights)
    }
    forbid("MOD-2", route)
    forbid("PAY-2", isNamedCard(reservation["user_id"].string, payment))
    let ofOne =
      #"(\bcost to upgrade (just|only)\b|\bupgrad\w* (just|only)\b[^.!?\n]{0,60}\bcost\b)"#
    let several = reservation["passengers"].array.count > 1 && newCabin != cabin(id)
    forbid("MOD-7", !several || !agentTexts.contains { says($0, ofOne) })
    forbid("MOD-3", !payment.hasPrefix("certificate") && payable(id, payment))
  }

  func judgeBags(_ id: String, _ args: Plain, _ forbid: Forbid) {
    let reservation = reservations[id]
    let total = args["total_baggages"].double
    forbid(
      "AIR-9",
      said(agentTexts + userTexts, word: id) && said(agentTexts, word: String(Int(total))))
    forbid("BAG-1", total >= reservation["total_baggages"].double)
    let people = Double(reservation["passengers"].array.count)
    let free = freeBags(reservation["user_id"].string, cabin(id))
    forbid(
      "BAG-2", free.map { args["nonfree_baggages"].double == max(0, total - $0 * people) } ?? false)
    forbid(
      "PAY-2", isNamedCard(reservation["user_id"].string, args["payment_id"].string))
    forbid("BAG-3", payable(id, args["payment_id"].string))
  }

  func judgePassengers(_ id: String, _ args: Plain, _ forbid: Forbid) {
    let people = args["passengers"].array
    forbid(
      "AIR-10",
      said(agentTexts + userTexts, word: id)
        && people.allSatisfy { said(agentTexts, word: $0["last_name"].string) })
    forbid("PAX-1", people.count == reservations[id]["passengers"].array.count)
  }

  func judgeCancelling(_ id: String, _ forbid: Forbid) {
    let reservation = reservations[id]
    let reason =
      #"\b(reasons?|because|due to|change of plans?|plans? (have |has )?changed|can.t make|able to make|unable|no longer|sick|ill|illness|emergency|passed away|mistake|duplicate|same day)\b"#
    let health =
      #"\b(sick|ill|illness|unwell|health|medical|doctor|hospital\w*|surgery|injur\w+|weather|storms?|snow\w*|hurricane)\b"#
    forbid(
      "AIR-7", agentTexts.contains { said([$0], word: id) && says($0, #"\bcancel"#) })
    forbid("CXL-1", (agentTexts + userTexts).contains { says($0, reason) })
    // Texts of the same form and zone: their order is the order of time.
    let allowed =
      reservation["created_at"].string >= Self.dayBefore || cabin(id) == "business"
      || (reservation["insurance"].string == "yes" && userTexts.contains { says($0, health) })
    let claimed = userTexts.contains { says($0, Self.airlineCancelled) }
    forbid(claimed ? "CXL-3" : "CXL-2", allowed)
    let used = ["landed", "flying"]
    forbid(
      "CXL-4",
      reservation["flights"].array.allSatisfy { flight in
        let entry = flights[flight["flight_number"].string]["dates"][flight["date"].string]
        return flight["date"].string == Self.today || !used.contains(entry["status"].string)
      })
    forbid("CXL-5", reservation["flights"].array.allSatisfy { $0["date"].string != Self.today })
    forbid("once_per", !cancelled.contains(id))
  }

  func judgeCertificate(_ args: Plain, _ forbid: Forbid) {
    let user = args["user_id"].string
    let amount = args["amount"].double
    let mine = users[user]["reservations"].array.map(\.string).filter(readReservations.contains)
    let knownUser = readProfiles.contains(user)
    let member = users[user]["membership"].string != "regular"
    func covered(_ id: String) -> Bool {
      reservations[id]["insurance"].string == "yes" || cabin(id) == "business"
    }
    forbid("AIR-6", readProfiles.first == user)
    let lost = #"(\bflights?\b.{0,60}\bcancel|\bcancel\w*.{0,40}\bflight)"#
    let asked =
      #"\b(compensat\w*|reimburs\w*|voucher|goodwill|make (it|this|that) (up|right)|something (be )?done|refund)\b"#
    let cancelledFlight = userTexts.contains { says($0, lost) }
    let delayedFlight = userTexts.contains { says($0, #"\bdelay"#) }
    forbid("AIR-19", knownUser)
    let onlyLate = delayedFlight && !userTexts.contains { says($0, Self.airlineCancelled) }
    forbid("CERT-6", !onlyLate || !touched.isEmpty)
    forbid(
      "CERT-1",
      knownUser && (member || mine.contains(where: covered)))
    forbid(
      "CERT-2",
      knownUser
        && mine.contains { id in
          let people = Double(reservations[id]["passengers"].array.count)
          guard member || covered(id) else { return false }
          return (cancelledFlight && amount == 100 * people)
            || (delayedFlight && touched.contains(id) && amount == 50 * people)
        })
    forbid("CERT-3", userTexts.contains { says($0, asked) })
    // No tool tells whether a flight was late or cancelled: a human has to confirm it, and none did.
    forbid("CERT-4", false)
  }
}
