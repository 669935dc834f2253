//! What all draw commands have in common: a name, a place, images.

use spice_wire::messages::display::FromServer;
use spice_wire::messages::draw::{DisplayBase, QMask, Rect};
use spice_wire::messages::image::Image;
use spice_wire::shapes::Ptr;

use crate::images::pattern;

/// Name and place of a draw command.
pub(crate) fn base(message: &FromServer) -> Option<(&'static str, &DisplayBase)> {
    use FromServer as M;
    Some(match message {
        M::CopyBits(message) => ("CopyBits", &message.base),
        M::DrawFill(message) => ("DrawFill", &message.base),
        M::DrawOpaque(message) => ("DrawOpaque", &message.base),
        M::DrawCopy(message) => ("DrawCopy", &message.base),
        M::DrawBlend(message) => ("DrawBlend", &message.base),
        M::DrawBlackness(message) => ("DrawBlackness", &message.base),
        M::DrawWhiteness(message) => ("DrawWhiteness", &message.base),
        M::DrawInvers(message) => ("DrawInvers", &message.base),
        M::DrawRop3(message) => ("DrawRop3", &message.base),
        M::DrawStroke(message) => ("DrawStroke", &message.base),
        M::DrawText(message) => ("DrawText", &message.base),
        M::DrawTransparent(message) => ("DrawTransparent", &message.base),
        M::DrawAlphaBlend(message) => ("DrawAlphaBlend", &message.base),
        M::DrawComposite(message) => ("DrawComposite", &message.base),
        _ => return None,
    })
}

/// The name of any other message that the canvas carries out.
pub(crate) fn name(message: &FromServer) -> &'static str {
    use FromServer as M;
    match message {
        M::Mode(_) => "Mode",
        M::InvalList(_) => "InvalList",
        M::InvalAllPixmaps(_) => "InvalAllPixmaps",
        M::StreamCreate(_) => "StreamCreate",
        M::StreamData(_) => "StreamData",
        M::StreamDataSized(_) => "StreamDataSized",
        M::StreamClip(_) => "StreamClip",
        M::StreamDestroy(_) => "StreamDestroy",
        M::StreamActivateReport(_) => "StreamActivateReport",
        M::SurfaceCreate(_) => "SurfaceCreate",
        M::SurfaceDestroy(_) => "SurfaceDestroy",
        M::MonitorsConfig(_) => "MonitorsConfig",
        message => base(message).map_or("display message", |(name, _)| name),
    }
}

/// The image that a draw command brings onto its surface, and the part of it.
pub(crate) fn source(message: &FromServer) -> Option<(&Image, Option<&Rect>)> {
    use FromServer as M;
    let (image, area): (&Ptr<Image>, _) = match message {
        M::DrawOpaque(message) => (&message.source, Some(&message.source_area)),
        M::DrawCopy(message) => (&message.source, Some(&message.source_area)),
        M::DrawBlend(message) => (&message.source, Some(&message.source_area)),
        M::DrawTransparent(message) => (&message.source, Some(&message.source_area)),
        M::DrawAlphaBlend(message) => (&message.source, Some(&message.source_area)),
        M::DrawRop3(message) => (&message.source, Some(&message.source_area)),
        M::DrawComposite(message) => (&message.source, None),
        _ => return None,
    };
    image.0.as_deref().map(|image| (image, area))
}

/// All images of a draw command but its mask of one bit a pixel.
pub(crate) fn images(message: &FromServer) -> Vec<&Image> {
    let brushes = match message {
        FromServer::DrawFill(message) => [Some(&message.brush), None],
        FromServer::DrawOpaque(message) => [Some(&message.brush), None],
        FromServer::DrawRop3(message) => [Some(&message.brush), None],
        FromServer::DrawStroke(message) => [Some(&message.brush), None],
        FromServer::DrawText(message) => [Some(&message.fore_brush), Some(&message.back_brush)],
        _ => [None, None],
    };
    let patterns = brushes.into_iter().flatten().filter_map(pattern).map(|pattern| &*pattern.image.0);
    let composite = match message {
        FromServer::DrawComposite(message) => message.mask.0.as_ref().map(|mask| &*mask.0),
        _ => None,
    };
    source(message).map(|(image, _)| image).into_iter().chain(patterns).chain(composite).collect()
}

/// The mask of a draw command that is not drawn.
pub(crate) fn mask(message: &FromServer) -> Option<&QMask> {
    match message {
        FromServer::DrawRop3(message) => Some(&message.mask),
        _ => None,
    }
}
