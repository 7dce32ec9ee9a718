"""The words synthetic titles, genres and tags are made of. Written for this project."""

# ruff: noqa: SIM905 - a hundred quoted words hide the words

from __future__ import annotations

__all__ = ["ADJECTIVES", "GENRES", "NOUNS", "NO_GENRES", "TAG_WORDS"]

ADJECTIVES = (
    "Amber Ancient Autumn Bitter Blind Borrowed Brass Broken Burning Careless Clever Cobalt "
    "Copper Crimson Crooked Curious Distant Double Drifting Electric Empty Endless Faithful "
    "Falling Fearless Feral First Floating Forgotten Fragile Frozen Gentle Gilded Golden Grand "
    "Hollow Honest Hungry Idle Impossible Invisible Iron Ivory Jealous Last Lonely Lucky Lunar "
    "Magnetic Marble Midnight Modern Narrow Northern Opaque Ordinary Painted Paper Patient "
    "Perfect Plastic Private Quiet Radiant Reckless Restless Rusty Savage Scarlet Second Secret "
    "Shallow Silent Silver Sleeping Slow Solar Southern Stolen Stubborn Sudden Tender Thirsty "
    "Twisted Uncertain Velvet Violet Wandering Western Whispering Wicked Wild Winter Wooden Young"
).split()

NOUNS = (
    "Acrobat Almanac Anchor Apartment Archive Arrow Attic Avenue Balcony Bandit Baker Bicycle "
    "Bridge Café Cartographer Castle Cathedral Château Circus Clock Coast Colony Compass "
    "Conductor Corridor Courier Crossing Dentist Desert Detective Diary Dragon Échelle Echo "
    "Elevator Empire Engine Envoy Express Factory Fiancé Ferry Fever Fortress Fountain Frontier "
    "Garden Gardener Glacier Gospel Harbor Harvest Heir Highway Horizon Hôtel Hour Island Jungle "
    "Kingdom Ladder Lantern Lighthouse Locksmith Lullaby Machine Mañana Market Mechanic Meridian "
    "Mirror Monsoon Museum Naïveté Neighbor Notebook Oath Observatory Orchard Orchestra Outpost "
    "Passenger Pharmacy Piano Pilot Planet Postman Prairie Prophet Puzzle Quarry Railway Reservoir "
    "River Robot Sailor Satellite Señor Shadow Signal Stairway Station Storm Stranger Submarine "
    "Summer Teacher Tempest Theater Thief Tide Tower Tunnel Über Umbrella Valley Voyage Waltz "
    "Weekend Whale Widow Window Witness Zeppelin"
).split()

GENRES = (
    "Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror "
    "IMAX Musical Mystery Romance Sci-Fi Thriller War Western"
).split()

NO_GENRES = "(no genres listed)"

TAG_WORDS = (
    "atmospheric|based on a book|beautiful|black and white|boring|classic|clever|dark|dreamlike|"
    "fast, loud|feel-good|funny|great ending|heist|long|melancholic|must see|overrated|plot twist|"
    "quirky|road movie|sad|seen twice|slow, but good|soundtrack|surreal|time travel|tense|the "
    '"real" one|touching|très bien|underrated|visually strong|weird|witty'
).split("|")
