# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People of the tenant."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.profile import Profile

DOMAIN = "corp.example"

_FIRST = """
Jana Luca Aiko Maria Peter Fatima Chen Olga Diego Emma Noah Priya Lars Sofia Omar Ines Kofi Yuki Hugo Anna
Marek Leila Tom Nora Ravi Clara Sven Mina Paul Eva Karim Ida Juan Zoe Finn Lucia Amir Greta Ivan Rosa Jonas
Mei Adam Alba Nils Tara Oscar Elif Max Dina
"""
_LAST = """
Vega Keller Tanaka Silva Novak Haddad Wang Petrova Ramos Weber Martin Sharma Larsen Rossi Nasser Costa Mensah
Sato Moreau Fischer Kowalski Amiri Baker Berg Patel Schmidt Lindqvist Park Dubois Horvat Khan Nilsen Garcia
Meyer Virtanen Bianchi Rahimi Wolf Ivanov Santos Becker Lin Novotny Ortiz Hansen Singh Bauer Yilmaz Young
Fabre Okafor Jensen Romano Duarte Kaya Murphy Lopez Huber Nguyen Peeters Suzuki Andersen Wagner Marino Olsen
Popescu Quinn Rojas Stein Takahashi Ulrich Varga Walsh Xu Yamada Zeman Abbott Bell Carter Doyle
"""


@dataclass(frozen=True)
class Person:
    """One user of the tenant. `region` decides which CommCells know the person."""

    object_id: str
    name: str
    given_name: str
    surname: str
    region: str
    enabled: bool = True

    @property
    def account(self) -> str:
        """Local part of the principal name; also the Commvault user name."""
        plain = unicodedata.normalize("NFKD", f"{self.given_name}.{self.surname}").encode("ascii", "ignore").decode()
        return plain.lower().replace(" ", "")

    @property
    def upn(self) -> str:
        """User principal name, equal to the mail address."""
        return f"{self.account}@{DOMAIN}"

    def graph(self) -> dict[str, object]:
        """Return the person as Graph properties."""
        return {
            "id": self.object_id,
            "displayName": self.name,
            "givenName": self.given_name,
            "surname": self.surname,
            "userPrincipalName": self.upn,
            "mail": self.upn,
            "accountEnabled": self.enabled,
            "userType": "Member",
        }


def make_people(profile: Profile, ids: Ids) -> list[Person]:
    """Return `profile.users` people with different names; 1 in 50 is disabled.

    The disabled ones are leavers who still have a Commvault user.
    """
    pairs = [(first, last) for last in _LAST.split() for first in _FIRST.split()]
    choice = ids.random("people")
    choice.shuffle(pairs)
    regions = [region for regions in profile.commcells.values() for region in regions]
    # A set with more people than there are names has people with two surnames.
    lasts = _LAST.split()
    doubled = [f"{last}-{lasts[number - 1]}" for number, last in enumerate(lasts)]
    pairs += [(first, last) for last in doubled for first in _FIRST.split()]
    # Customers have their people in a row, or whole ones would have none that is enabled.
    size = profile.users // len(regions) if profile.has_customers else 1
    places = [number // size for number in range(profile.users)]
    people = []
    for number, (first, last) in enumerate(pairs[: profile.users]):
        people.append(
            Person(
                object_id=ids.guid("user", f"{first}.{last}".lower()),
                name=f"{first} {last}",
                given_name=first,
                surname=last,
                region=regions[places[number] % len(regions)],
                enabled=number % 50 != 49,
            )
        )
    return people
