//! The client core as a JavaScript class, the same for every game.
//!
//! In: times in milliseconds of one monotonic clock (`performance.now()`), bytes, and plain objects of the game's
//! TypeScript types. Out: the same, and pointers to the view's columns, which JavaScript reads in place. It must decide
//! nothing: everything is the core's.

use std::time::Duration;

use js_sys::{Array, Object, Reflect};
use tickwire_shared::client::{Client as Core, Destination};
use tickwire_shared::ids::ResumeToken;
use tickwire_shared::rules::{InputField, Rules};
use wasm_bindgen::prelude::*;

use crate::convert::{time, to_js};

/// One client of one room, across reconnects: [`tickwire_shared::client::Client`] for JavaScript.
#[wasm_bindgen]
pub struct Client(Box<dyn AnyClient>);

impl Client {
    /// A client of the game `R`, outside of any room until [`Client::connected`].
    pub fn new<R: Rules>(destination: Destination) -> Client {
        Client(Box::new(Bound {
            core: Core::<R>::new(destination),
            now: Duration::ZERO,
        }))
    }
}

#[wasm_bindgen]
impl Client {
    /// A socket has opened: queues the hello, with the resume token if there is one.
    pub fn connected(&mut self, now_ms: f64) {
        self.0.update(time(now_ms));
        self.0.connected();
    }

    /// The socket closed with this code, or broke (1006). Returns what to do next.
    #[wasm_bindgen(unchecked_return_type = "Retry")]
    pub fn disconnected(&mut self, _now_ms: f64, code: u16, _reason: &str) -> JsValue {
        self.0.disconnected(code)
    }

    /// Takes one WebSocket message.
    #[wasm_bindgen(js_name = handleMessage)]
    pub fn handle_message(&mut self, now_ms: f64, bytes: &[u8]) {
        self.0.handle_message(time(now_ms), bytes);
    }

    /// Holds this input until the next call.
    ///
    /// # Errors
    /// When the value is not of the game's input type, or none that a server takes.
    #[wasm_bindgen(js_name = setInput)]
    pub fn set_input(&mut self, input: JsValue) -> Result<(), JsError> {
        self.0.set_input(input)
    }

    /// Queues a reliable message to the game.
    ///
    /// # Errors
    /// When the value is not of the game's command type, or too long for a message.
    #[wasm_bindgen(js_name = sendCommand)]
    pub fn send_command(&mut self, command: JsValue) -> Result<(), JsError> {
        self.0.send_command(command)
    }

    /// Queues a line of chat.
    pub fn chat(&mut self, text: &str) {
        self.0.chat(text);
    }

    /// Queues a goodbye: the seat is given up.
    pub fn leave(&mut self) {
        self.0.leave();
    }

    /// Says whether the page is hidden: the server sends less to a page that nobody looks at.
    #[wasm_bindgen(js_name = setHidden)]
    pub fn set_hidden(&mut self, hidden: bool) {
        self.0.set_hidden(hidden);
    }

    /// Asks a server in dev mode to make this client's link worse. It answers with a `Link` event.
    #[wasm_bindgen(js_name = conditionLink)]
    pub fn condition_link(&mut self, link: &str) {
        self.0.condition_link(link);
    }

    /// Lets time pass. Call it in each animation frame, and after messages.
    pub fn update(&mut self, now_ms: f64) {
        self.0.update(time(now_ms));
    }

    /// The next WebSocket message to send, if there is one.
    #[wasm_bindgen(js_name = pollTransmit)]
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.0.poll_transmit()
    }

    /// The next event, if there is one.
    ///
    /// # Errors
    /// When the event contains a type that JavaScript does not have.
    #[wasm_bindgen(js_name = pollEvent, unchecked_return_type = "ClientEvent<unknown, unknown> | undefined")]
    pub fn poll_event(&mut self) -> Result<JsValue, JsError> {
        self.0.poll_event()
    }

    /// Draws up the view and returns the version of its layout. After a change of it, read all pointers again.
    pub fn view(&mut self, now_ms: f64) -> u32 {
        self.0.update(time(now_ms));
        self.0.view()
    }

    /// How many rows a table has now.
    #[wasm_bindgen(js_name = tableCount)]
    pub fn table_count(&self, table: usize) -> usize {
        self.0.table(table).map_or(0, |table| table.count)
    }

    /// How many rows a table's columns have room for.
    #[wasm_bindgen(js_name = tableCapacity)]
    pub fn table_capacity(&self, table: usize) -> usize {
        self.0.table(table).map_or(0, |table| table.capacity())
    }

    /// Where a table's entity ids are in memory. They are a `Uint32Array` of the table's capacity.
    #[wasm_bindgen(js_name = idsPointer)]
    pub fn ids_pointer(&self, table: usize) -> usize {
        self.0
            .table(table)
            .map_or(0, |table| table.ids.as_ptr() as usize)
    }

    /// Where a table's column is in memory. It is a `Float64Array` of the table's capacity.
    #[wasm_bindgen(js_name = columnPointer)]
    pub fn column_pointer(&self, table: usize, field: usize) -> usize {
        let column = |table: &tickwire_shared::client::ViewTable| {
            table
                .columns
                .get(field * table.capacity()..)
                .map_or(0, |column| column.as_ptr() as usize)
        };
        self.0.table(table).map_or(0, column)
    }

    /// The view's tables: each component with its fields.
    #[wasm_bindgen(unchecked_return_type = "{ name: string; fields: string[] }[]")]
    pub fn schema(&self) -> JsValue {
        self.0.schema()
    }

    /// Figures of the connection now.
    ///
    /// # Errors
    /// Never in practice, since numbers convert.
    #[wasm_bindgen(unchecked_return_type = "Stats")]
    pub fn stats(&self) -> Result<JsValue, JsError> {
        self.0.stats()
    }

    /// The tick that the last view shows, with fraction.
    #[wasm_bindgen(js_name = drawnTick)]
    pub fn drawn_tick(&self) -> f64 {
        self.0.drawn_tick()
    }

    /// The room's tick at the time of the last call, as far as this client knows, with fraction. NaN outside of a room.
    #[wasm_bindgen(js_name = roomTick)]
    pub fn room_tick(&self) -> f64 {
        self.0.room_tick()
    }

    /// This client's seat, while it is in a room.
    #[wasm_bindgen(js_name = playerId)]
    pub fn player_id(&self) -> Option<u32> {
        self.0.player()
    }

    /// The entity of this client's avatar, while it has one.
    #[wasm_bindgen(js_name = ownEntity)]
    pub fn own_entity(&self) -> Option<u32> {
        self.0.own_entity()
    }

    /// What the room told this client when it joined.
    ///
    /// # Errors
    /// When the setup contains a type that JavaScript does not have.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn setup(&self) -> Result<JsValue, JsError> {
        self.0.setup()
    }

    /// The token that takes the seat back after a reload of the page, in hex.
    #[wasm_bindgen(js_name = resumeToken)]
    pub fn resume_token(&self) -> Option<String> {
        let token = self.0.resume_token()?;
        Some(format!("{:032x}", u128::from_be_bytes(token.0)))
    }

    /// Uses a token that was kept from before. Any other text is ignored.
    #[wasm_bindgen(js_name = setResumeToken)]
    pub fn set_resume_token(&mut self, token: &str) {
        if let (Ok(bits), 32) = (u128::from_str_radix(token, 16), token.len()) {
            self.0.set_resume_token(ResumeToken(bits.to_be_bytes()));
        }
    }
}

/// The signatures above name types of the SDK.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"import type { ClientEvent, Retry, Stats } from "tickwire";"#;

/// A client core with its game's types hidden behind JavaScript values.
trait AnyClient {
    fn connected(&mut self);
    fn disconnected(&mut self, code: u16) -> JsValue;
    fn handle_message(&mut self, now: Duration, bytes: &[u8]);
    fn set_input(&mut self, input: JsValue) -> Result<(), JsError>;
    fn send_command(&mut self, command: JsValue) -> Result<(), JsError>;
    fn chat(&mut self, text: &str);
    fn leave(&mut self);
    fn set_hidden(&mut self, hidden: bool);
    fn condition_link(&mut self, link: &str);
    fn update(&mut self, now: Duration);
    fn poll_transmit(&mut self) -> Option<Vec<u8>>;
    fn poll_event(&mut self) -> Result<JsValue, JsError>;
    fn view(&mut self) -> u32;
    fn table(&self, table: usize) -> Option<&tickwire_shared::client::ViewTable>;
    fn schema(&self) -> JsValue;
    fn stats(&self) -> Result<JsValue, JsError>;
    fn drawn_tick(&self) -> f64;
    fn room_tick(&self) -> f64;
    fn player(&self) -> Option<u32>;
    fn own_entity(&self) -> Option<u32>;
    fn setup(&self) -> Result<JsValue, JsError>;
    fn resume_token(&self) -> Option<ResumeToken>;
    fn set_resume_token(&mut self, token: ResumeToken);
}

/// A core, and the time that it knows of.
struct Bound<R: Rules> {
    core: Core<R>,
    /// The time that the last call gave; calls without one go by it.
    now: Duration,
}

impl<R: Rules> AnyClient for Bound<R> {
    fn connected(&mut self) {
        self.core.handle_connected();
    }

    fn disconnected(&mut self, code: u16) -> JsValue {
        // A unit enum becomes its name: this cannot fail.
        to_js(&self.core.handle_disconnected(code)).unwrap_or(JsValue::UNDEFINED)
    }

    fn handle_message(&mut self, now: Duration, bytes: &[u8]) {
        self.now = now;
        self.core.handle_bytes(now, bytes);
    }

    fn set_input(&mut self, input: JsValue) -> Result<(), JsError> {
        let input = serde_wasm_bindgen::from_value::<R::Input>(input)?;
        if !input.is_valid() {
            // Without the input: printing floats would cost a page 2 kB.
            let words = "no server takes this input: one of its fields is out of its range";
            return Err(JsError::new(words));
        }
        self.core.set_input(input);
        Ok(())
    }

    fn send_command(&mut self, command: JsValue) -> Result<(), JsError> {
        let command = serde_wasm_bindgen::from_value(command)?;
        self.core
            .send_command(command)
            .map_err(|_| JsError::new("the command is longer than a message may be"))
    }

    fn chat(&mut self, text: &str) {
        self.core.chat(text);
    }

    fn leave(&mut self) {
        self.core.leave();
    }

    fn set_hidden(&mut self, hidden: bool) {
        self.core.set_hidden(hidden);
    }

    fn condition_link(&mut self, link: &str) {
        self.core.condition_link(link);
    }

    fn update(&mut self, now: Duration) {
        self.now = now;
        self.core.update(now);
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.core.poll_transmit(self.now)
    }

    fn poll_event(&mut self) -> Result<JsValue, JsError> {
        self.core
            .poll_event()
            .map_or(Ok(JsValue::UNDEFINED), |event| to_js(&event))
    }

    fn view(&mut self) -> u32 {
        self.core.view(self.now).layout_version
    }

    fn table(&self, table: usize) -> Option<&tickwire_shared::client::ViewTable> {
        self.core.drawn().tables.get(table)
    }

    fn schema(&self) -> JsValue {
        let text = |text: &str| JsValue::from_str(text);
        let tables = self.core.schema().components.iter().map(|component| {
            let table = Object::new();
            let fields = component
                .fields
                .iter()
                .map(|field| text(field.name))
                .collect::<Array>();
            // Setting a property of a fresh plain object does not fail.
            let _ = Reflect::set(&table, &text("name"), &text(component.name));
            let _ = Reflect::set(&table, &text("fields"), &fields);
            table
        });
        tables.collect::<Array>().into()
    }

    fn stats(&self) -> Result<JsValue, JsError> {
        to_js(&self.core.stats(self.now))
    }

    fn drawn_tick(&self) -> f64 {
        self.core.drawn().drawn_tick
    }

    fn room_tick(&self) -> f64 {
        self.core.room_tick(self.now).unwrap_or(f64::NAN)
    }

    fn player(&self) -> Option<u32> {
        self.core.player().map(|player| player.0)
    }

    fn own_entity(&self) -> Option<u32> {
        self.core.avatar_entity().map(|entity| entity.0)
    }

    fn setup(&self) -> Result<JsValue, JsError> {
        self.core.setup().map_or(Ok(JsValue::UNDEFINED), to_js)
    }

    fn resume_token(&self) -> Option<ResumeToken> {
        self.core.resume_token()
    }

    fn set_resume_token(&mut self, token: ResumeToken) {
        self.core.set_resume_token(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chess::Chess;

    #[test]
    fn a_kept_token_is_the_same_later_and_any_other_text_is_ignored() {
        let mut client = Client::new::<Chess>(Destination::default());
        for text in [
            "",
            "0a",
            "not hex, but thirty-two letters.",
            &"é".repeat(16),
        ] {
            client.set_resume_token(text);
            assert_eq!(client.resume_token(), None, "{text}");
        }
        let token = "00112233445566778899aabbccddeeff";
        client.set_resume_token(token);
        assert_eq!(client.resume_token().as_deref(), Some(token));
        let bytes = client.0.resume_token().map(|token| token.0);
        assert_eq!(bytes.map(|bytes| bytes[1]), Some(0x11));
    }
}
