//! Messages within the bounds that try to cost as much as they can.

use std::fmt::Write as _;

/// The most octets that a message may have.
const MOST: usize = 256 * 1024;

/// A hostile message by the name of its trick.
#[derive(Debug)]
pub struct Shape {
    /// The trick.
    pub name: &'static str,
    /// The message.
    pub xml: Vec<u8>,
}

/// Every shape, each as large as the bounds let it be.
///
/// # Panics
/// A shape is larger than the bounds.
pub fn shapes() -> Vec<Shape> {
    let shape = |name, xml: String| {
        assert!(xml.len() <= MOST, "{name} is {} octets", xml.len());
        Shape { name, xml: xml.into_bytes() }
    };
    vec![
        shape("deep: 64 levels, again and again", filled(&deep())),
        shape("wide: 20,000 small elements", filled("<b/>")),
        shape("attributes: 64 on each element", filled(&many_attributes())),
        shape("long attribute names that differ at the end", filled(&long_names())),
        shape("namespaces: 64 in scope, used by all", namespaces()),
        shape("namespaces: redeclared on each element", filled("<p:b xmlns:p='urn:p' xmlns:q='urn:q' q:c=''/>")),
        shape("references: in text", text("&#x41;&amp;")),
        shape("references: in an attribute", format!("<Response a='{}'/>", "&lt;".repeat((MOST - 20) / 4))),
        shape("comments: 20,000", filled("<!-- -->")),
        shape("a long comment", format!("<Response><!--{}--></Response>", "- ".repeat((MOST - 40) / 2))),
        shape("a long text", text("x")),
        shape("a long text of brackets", text("]]")),
        shape("a long text of quotes and '>'", text("\">")),
        shape("carriage returns", text("\r")),
        shape("IDs: one on each element", ids()),
        shape("a SignedInfo that multiplies a namespace", multiplied()),
        shape("unclosed", "<Response>".repeat(64) + &"x".repeat(MOST - 700)),
    ]
}

/// The root of a response, so that the steps behind the parser are reached too.
const OPEN: &str = "<Response xmlns='urn:oasis:names:tc:SAML:2.0:protocol'>";
const CLOSE: &str = "</Response>";

/// The piece as often as octets and nodes allow.
fn filled(piece: &str) -> String {
    let nodes = piece.matches('<').count() - piece.matches("</").count();
    let times = ((MOST - OPEN.len() - CLOSE.len()) / piece.len()).min(19_990 / nodes.max(1));
    format!("{OPEN}{}{CLOSE}", piece.repeat(times))
}

fn text(piece: &str) -> String {
    format!("{OPEN}{}{CLOSE}", piece.repeat((MOST - OPEN.len() - CLOSE.len()) / piece.len()))
}

fn deep() -> String {
    "<b>".repeat(60) + &"</b>".repeat(60)
}

fn many_attributes() -> String {
    let attributes = (0..64).fold(String::new(), |mut all, n| {
        let _ = write!(all, " a{n}=''");
        all
    });
    format!("<b{attributes}/>")
}

fn long_names() -> String {
    let stem = "n".repeat(200);
    let attributes = (0..64).fold(String::new(), |mut all, n| {
        let _ = write!(all, " {stem}{n}=''");
        all
    });
    format!("<b{attributes}/>")
}

fn namespaces() -> String {
    let declarations = (0..60).fold(String::new(), |mut all, n| {
        let _ = write!(all, " xmlns:p{n}='urn:example:{n}'");
        all
    });
    let open = OPEN.replace('>', &format!("{declarations}>"));
    let piece = "<p0:b p59:c='' p58:d=''/>";
    let times = (MOST - open.len() - CLOSE.len()) / piece.len();
    format!("{open}{}{CLOSE}", piece.repeat(times))
}

/// A signature short enough to be canonicalised before its grammar is read, under a namespace as long
/// as a message may have.
fn multiplied() -> String {
    let signature = format!(
        "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><SignedInfo><CanonicalizationMethod \
         Algorithm='http://www.w3.org/2001/10/xml-exc-c14n#'/>{}</SignedInfo><SignatureValue>AAAA</SignatureValue>\
         </Signature>",
        "<x:a/>".repeat(1_300)
    );
    let long = "x".repeat(MOST - OPEN.len() - CLOSE.len() - signature.len() - 20);
    format!("{} xmlns:x='urn:{long}'>{signature}{CLOSE}", OPEN.trim_end_matches('>'))
}

fn ids() -> String {
    let mut all = String::from(OPEN);
    for n in 0.. {
        let _ = write!(all, "<b ID='_{n:06}'/>");
        if all.len() > MOST - 100 || n > 19_900 {
            break;
        }
    }
    all + CLOSE
}
