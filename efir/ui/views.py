"""Each page as it is to be shown now. Making one reads the store, so it takes time."""

from efir.consenting import text
from efir.standing import Stored
from efir.system_service import standing
from efir.ui.pages.consent import consent_page
from efir.ui.pages.data import data_page
from efir.ui.pages.home import Home, home_page
from efir.ui.pages.results import results_page
from efir.ui.pages.sending import sending_page
from efir.ui.pages.settings import settings_page
from efir.ui.site import MENDABLE, Site
from vantage.line import read_stated


def consent(site: Site) -> str:
    return consent_page(text(site.shared), site.take_notice())


def home(site: Site) -> str:
    shown = Home(
        stands=site.look(),
        doing=site.work.doing,
        paused=site.folder.paused.exists(),
        service=standing(site.shared),
        last=next(iter(site.rounds(limit=1)), None),
        names=site.names,
    )
    return home_page(shown, site.take_notice())


def results(site: Site) -> str:
    return results_page(site.rounds(), site.sessions(), site.names, site.take_notice(), site.measuring)


def settings(site: Site) -> str:
    given = site.consent()
    if given is None:  # taken back since the page was asked for
        return consent(site)
    stated, service = read_stated(site.folder), standing(site.shared)
    return settings_page(given, stated, service, site.take_notice(), site.measuring)


def sending(site: Site) -> str:
    with site.stored() as spool:
        waiting = spool.waiting() if spool else []
    return sending_page(site.look(), site.invite(), waiting, site.take_notice(), site.measuring)


def data(site: Site) -> str:
    installed, _running = standing(site.shared)
    try:
        stored: Stored | str = site.look().stored
    except MENDABLE as error:  # what cannot be read can be removed all the same
        stored = str(error)
    return data_page(site.folder.root, stored, installed, site.take_notice(), site.measuring)
